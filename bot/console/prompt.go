package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/tocsin-bot/tocsin/bot"
)

// Prompt is the platform with a line editor: alerts appear above the line that is being typed,
// which stays whole.
type Prompt struct {
	*Platform
	terminal *term.Terminal // nil when input is not a terminal
	restore  func()         // gives the terminal back as it was; a second call does nothing
	in       io.Reader
	commands []string // for completion
	user     string
	run      string // makes keys of this run unlike those of others
	lines    int
}

// NewPrompt makes a console that people type at. When in and out are a terminal it is put into
// raw mode until Listen ends or restore is called; otherwise, and on a dumb terminal, commands are
// read as plain lines. Keys of events hold the time of the start, so that no two runs share one.
func NewPrompt(c Config, in, out *os.File, color bool, commands []string) (p *Prompt, restore func(), err error) {
	p = &Prompt{in: in, restore: func() {}, commands: commands, user: userName(), run: time.Now().UTC().Format("20060102T150405.000000000")}
	columns := func() (width, height int) {
		width, height, err := term.GetSize(int(out.Fd()))
		if err != nil || width < 20 {
			return 80, 24
		}
		return width, height
	}
	style := func() Style {
		width, _ := columns()
		return Style{Width: min(width, 110), Color: color}
	}
	var w io.Writer = out
	if term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd())) && os.Getenv("TERM") != "dumb" {
		state, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			return nil, nil, fmt.Errorf("prepare the terminal: %w", err)
		}
		p.edit(in, out)
		p.restore = sync.OnceFunc(func() {
			p.terminal.SetBracketedPasteMode(false)
			_ = term.Restore(int(in.Fd()), state)
		})
		w = p.terminal
		whole := style
		style = func() Style {
			_ = p.terminal.SetSize(columns())
			return whole()
		}
	}
	p.Platform, err = Open(c, w, style, nil)
	if err != nil {
		p.restore()
		return nil, nil, err
	}
	return p, p.restore, nil
}

// edit gives the prompt a line editor on a terminal in raw mode.
func (p *Prompt) edit(in io.Reader, out io.Writer) {
	p.terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&pasting{Reader: in}, out}, "tocsin> ")
	p.terminal.AutoCompleteCallback = p.complete
	p.terminal.SetBracketedPasteMode(true)
}

func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "you"
}

// Write shows text above the prompt.
func (p *Prompt) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil {
		return len(b), nil
	}
	return p.out.Write(b)
}

// Listen reads commands until the person leaves (Ctrl-D, quit), the input ends or ctx does.
// It returns nil then. The terminal is as it was before, so that Ctrl-C ends a program that takes
// its time to leave.
func (p *Prompt) Listen(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	defer p.restore()
	lines := make(chan string)
	failed := make(chan error, 1)
	go func() { failed <- p.readLines(ctx, lines) }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case line := <-lines:
			if err := p.say(ctx, line, handle); err != nil {
				return err
			}
		}
	}
}

// say hands one typed line over.
func (p *Prompt) say(ctx context.Context, line string, handle func(context.Context, bot.Incoming) error) error {
	p.lines++
	return handle(ctx, bot.Incoming{
		Key:  fmt.Sprintf("console|%s|%d", p.run, p.lines),
		Room: Name, User: p.user, Name: p.user,
		Text: line, Kind: bot.ByCommand, Time: time.Now().UTC(),
	})
}

// readLines sends what is typed; it ends with io.EOF when the person leaves.
func (p *Prompt) readLines(ctx context.Context, lines chan<- string) error {
	var read func() (string, error)
	if p.terminal != nil {
		read = p.terminal.ReadLine
	} else {
		scan := bufio.NewScanner(p.in)
		read = func() (string, error) {
			if scan.Scan() {
				return scan.Text(), nil
			}
			return "", errors.Join(io.EOF, scan.Err())
		}
	}
	for {
		line, err := read()
		if err != nil {
			return err
		}
		switch line = strings.TrimSpace(line); line {
		case "":
			continue
		case "quit", "exit", "bye":
			return io.EOF
		}
		select {
		case lines <- line:
		case <-ctx.Done():
			return io.EOF
		}
	}
}

// pasting reads from a terminal that marks what is pasted, and makes blanks of the line breaks in
// it: a pasted text is part of the line being typed, and no line of it a command by itself.
type pasting struct {
	io.Reader
	inside bool
	last   [6]byte // read so far
}

func (p *pasting) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	for i, c := range b[:n] {
		p.last = [6]byte(append(p.last[1:], c))
		switch string(p.last[:]) {
		case "\x1b[200~":
			p.inside = true
		case "\x1b[201~":
			p.inside = false
		default:
			if p.inside && (c == '\r' || c == '\n') {
				b[i] = ' '
			}
		}
	}
	return n, err
}

// complete finishes the command's name on Tab.
func (p *Prompt) complete(line string, pos int, key rune) (string, int, bool) {
	if key != '\t' || pos != len(line) || strings.Contains(line, " ") {
		return "", 0, false
	}
	var found []string
	for _, c := range p.commands {
		if strings.HasPrefix(c, line) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return "", 0, false
	}
	common := found[0]
	for _, f := range found[1:] {
		for !strings.HasPrefix(f, common) {
			common = common[:len(common)-1]
		}
	}
	if len(found) == 1 {
		common += " "
	}
	return common, len(common), true
}

// Say shows a message that no delivery owes: a word of the program itself.
func (p *Prompt) Say(m bot.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out != nil {
		_, _ = io.WriteString(p.out, Render(m, p.style()))
	}
}
