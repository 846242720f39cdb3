package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Command is one entry of the command table: the same grammar in Slack, in Matrix and at the
// console's prompt.
type Command struct {
	Name    string
	Aliases []string
	Usage   string // the arguments, such as "[STORY|this] [DURATION]"; empty for none
	Short   string // what it does, half a sentence
	Example string // a whole line to try
	More    string // what `help` says of it besides; empty for nothing
	Need    Role
	Form    func(args string) *Form // asks for the arguments; nil for none
	Run     func(d *Desk, ctx context.Context, req *Request) (*Reply, error)
}

// Role is what a person may do.
type Role int

// The roles, each including the ones before it.
const (
	Stranger Role = iota // gets no answer
	Viewer               // may ask
	Member               // may mute, mark and claim
	Admin                // may reload rules and change what everybody sees
)

func (r Role) String() string { return [...]string{"stranger", "viewer", "member", "admin"}[r] }

// Request is a command with what it was said about.
type Request struct {
	Incoming
	Command *Command
	Args    string   // all that follows the name, trimmed
	Words   []string // Args split at blanks
	Story   int64    // the story in whose thread it was said; zero for none
	Listed  []int64  // the stories of the roll-up in whose thread it was said, when there are several
	Role    Role
	Now     time.Time
}

// Reply is what a command gave: words, and what it changes.
type Reply struct {
	Message Message

	// Public shows the reply to everybody although it was asked in private: state changes.
	Public bool

	Mutes  []Mute
	Unmute []int64
	Marks  []Mark
}

// UserError is an error for the person who typed the command: a sentence, and what to do.
type UserError struct {
	Text string // such as "I don't know the watch ai-polcy."
	Hint string // such as "Did you mean ai-policy? `watches` lists them all."
}

func (e *UserError) Error() string { return strings.TrimSpace(e.Text + " " + e.Hint) }

func userErrorf(hint, format string, args ...any) error {
	return &UserError{Text: fmt.Sprintf(format, args...), Hint: hint}
}

// maxCommand bounds what a person can make us parse, in bytes.
const maxCommand = 8 << 10

const maxWhy = 200 // characters of the reason that a person gives

// parseCommand finds the command that text begins with. A text without a known command is a
// UserError that names the nearest one.
func parseCommand(table []Command, text string) (cmd *Command, args string, share bool, err error) {
	text = cleanCommand(text)
	name, args, _ := strings.Cut(text, " ")
	name = strings.ToLower(strings.Trim(name, "`!/?.,:"))
	if name == "" {
		name = "help"
	}
	args = strings.TrimSpace(args)
	if rest, ok := strings.CutSuffix(" "+args, " --share"); ok {
		args, share = strings.TrimSpace(rest), true
	}
	for i := range table {
		if table[i].named(name) {
			return &table[i], args, share, nil
		}
	}
	hint := "`help` lists what I can do."
	if near := nearest(name, commandNames(table)); near != "" {
		hint = fmt.Sprintf("Did you mean `%s`? %s", near, hint)
	}
	return nil, "", false, userErrorf(hint, "I don't know the command “%s”.", clip(name, 40))
}

// IsCommand says whether text begins with a command, for platforms where people may leave out prefix
// and mention under an alert, and where they also talk to each other there.
func IsCommand(text string) bool {
	_, _, _, err := parseCommand(standardCommands(), text)
	return err == nil && cleanCommand(text) != ""
}

func (c *Command) named(name string) bool {
	if c.Name == name {
		return true
	}
	for _, a := range c.Aliases {
		if a == name {
			return true
		}
	}
	return false
}

// cleanCommand undoes what chat clients do to typed text: smart quotes, unusual blanks, line
// breaks, invisible characters.
func cleanCommand(s string) string {
	if len(s) > maxCommand {
		s = strings.ToValidUTF8(s[:maxCommand], "")
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '“' || r == '”' || r == '„' || r == '«' || r == '»':
			return '"'
		case r == '‘' || r == '’':
			return '\''
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d':
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(strings.ReplaceAll(s, " —share", " --share"))
}

func commandNames(table []Command) []string {
	var names []string
	for _, c := range table {
		names = append(append(names, c.Name), c.Aliases...)
	}
	return names
}

// nearest gives the candidate at the smallest edit distance from s, when it is near enough to be
// a slip: at most a third of the letters, and at least one.
func nearest(s string, candidates []string) string {
	best, bestDistance := "", max(len([]rune(s))/3, 1)+1
	for _, c := range candidates {
		if d := text.EditDistance(s, c, bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// clip cuts s after at most n runes, with '…'.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

// errorReply is what a person reads when a command failed.
func errorReply(err error) Message {
	var user *UserError
	if errors.As(err, &user) {
		m := Message{Blocks: []Block{Para(Text(user.Text))}}
		if user.Hint != "" {
			m.Blocks = append(m.Blocks, Small(markCode(user.Hint)...))
		}
		return m
	}
	return Message{Blocks: []Block{
		Para(Text("That went wrong on my side.")),
		Small(Text("The log has the cause. Try again in a moment.")),
	}}
}

// markCode turns `…` in one of our own sentences into fixed-width spans.
func markCode(s string) []Span {
	var spans []Span
	for i, part := range strings.Split(s, "`") {
		if part != "" {
			spans = append(spans, Span{Text: part, Mono: i%2 == 1})
		}
	}
	return spans
}
