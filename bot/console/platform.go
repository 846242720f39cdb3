package console

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/tocsin-bot/tocsin/bot"
)

// Name is the platform's name, and that of its only room.
const Name = "console"

// Config is the section `console` of tocsin.yaml.
type Config struct {
	// File gets one JSON object a line for every message: {"key","id","thread","edit","time",
	// "text","message"}. Defaults to none: messages are shown on standard output only.
	File string `yaml:"file"`

	// Quiet keeps messages off standard output. Defaults to false.
	Quiet bool `yaml:"quiet"`
}

// Example is a commented section for `tocsin init`.
const Example = `# console:                     # alerts on standard output; the room is called "console"
#   file: alerts.jsonl         # and one JSON object a line in this file
#   quiet: false               # true: only in the file
`

// Platform shows messages on a terminal and appends them to a file.
type Platform struct {
	out   io.Writer
	style func() Style
	now   func() time.Time

	mu    sync.Mutex
	file  *os.File
	seen  map[string]string // ids in the file, by delivery key
	edits map[string]string // what was last shown of an edited message, by its id
	next  int
}

// Record is one line of the file.
type Record struct {
	Key     string      `json:"key"`
	ID      string      `json:"id"`
	Thread  string      `json:"thread,omitempty"`
	Edit    string      `json:"edit,omitempty"`
	Time    time.Time   `json:"time"`
	Text    string      `json:"text"`
	Message bot.Message `json:"message"`
}

// Open makes the platform. out may be nil for none; style is asked before each message, since a
// terminal changes its width; a nil now means time.Now.
func Open(c Config, out io.Writer, style func() Style, now func() time.Time) (*Platform, error) {
	if now == nil {
		now = time.Now
	}
	p := &Platform{out: out, style: style, now: now, seen: map[string]string{}, edits: map[string]string{}}
	if c.Quiet {
		p.out = nil
	}
	if c.File == "" {
		return p, nil
	}
	f, err := os.OpenFile(c.File, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the console's file: %w", err)
	}
	p.file = f
	if err := p.readBack(); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", c.File, err), f.Close())
	}
	return p, nil
}

// rememberKeys is how many of the last messages of the file may be asked for again. A repeat is of
// what was being posted when the program ended.
const rememberKeys = 1000

// readBack learns which messages are in the file, and cuts off a last line that a crash tore: its
// delivery was never settled, so it comes again.
func (p *Platform) readBack() error {
	var recent [rememberKeys]Record
	var whole int64
	lines := bufio.NewReaderSize(p.file, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		r := &recent[p.next%rememberKeys]
		*r = Record{}
		_ = json.Unmarshal(line, r) // a line that somebody else wrote is no message
		r.Text, r.Message = "", bot.Message{}
		whole += int64(len(line))
		p.next++
	}
	for _, r := range recent {
		if r.Key != "" {
			p.seen[r.Key] = r.ID
		}
	}
	if err := p.file.Truncate(whole); err != nil {
		return err
	}
	_, err := p.file.Seek(whole, io.SeekStart)
	return err
}

// ReadRecords reads a console's file: the messages in the order in which they were posted. Lines
// that are no messages are left out.
func ReadRecords(path string) (out []Record, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the console's file: %w", err)
	}
	for line := range bytes.Lines(data) {
		var r Record
		if json.Unmarshal(line, &r) == nil {
			out = append(out, r)
		}
	}
	return out, nil
}

// Name is "console".
func (p *Platform) Name() string { return Name }

// Pace is without bounds.
func (p *Platform) Pace() bot.Pace { return bot.Pace{} }

// Post shows one message. With a file a repeat is found there; without one it is shown again,
// since nobody can say what a terminal showed.
func (p *Platform) Post(ctx context.Context, post bot.Post) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id, ok := p.seen[post.Key]; ok {
		return id, nil
	}
	p.next++
	id := fmt.Sprintf("c%d", p.next)
	if post.Edit != "" {
		id = post.Edit
	}
	if err := p.append(post, id); err != nil {
		p.next--
		return "", &bot.SendError{Fate: bot.NotPosted, Err: err}
	}
	p.show(post)
	return id, nil
}

// append writes one whole line and has it on the disk before it returns.
func (p *Platform) append(post bot.Post, id string) error {
	if p.file == nil {
		return nil
	}
	line, err := json.Marshal(Record{post.Key, id, post.Thread, post.Edit, p.now().UTC(), bot.PlainText(post.Message), post.Message})
	if err != nil {
		return err
	}
	at, err := p.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err = p.file.Write(append(line, '\n')); err == nil {
		err = p.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("append to the console's file: %w", err), p.file.Truncate(at))
	}
	p.seen[post.Key] = id
	return nil
}

// show prints the message. A terminal has no threads and no edits: a reply is marked as one, and
// of an edit only the changed count of sources is said.
func (p *Platform) show(post bot.Post) {
	if p.out == nil {
		return
	}
	s := p.style()
	s.Now = p.now()
	m := post.Message
	switch {
	case post.Edit != "":
		line := editLine(m, s.Width)
		if p.edits[post.Edit] == line {
			return // what is shown of an edit has not changed
		}
		p.edits[post.Edit] = line
		m = bot.Message{Blocks: []bot.Block{bot.Small(bot.Text(line))}}
	case post.Thread != "" && m.Title != "":
		m.Title = "↳ " + m.Title
	}
	// What a closed pipe did not show is in the file, or lost with its reader.
	_, _ = io.WriteString(p.out, Render(m, s)+"\n")
}

// editLine tells an edit in one line: its first note, the sources, and what is edited.
func editLine(m bot.Message, width int) string {
	line := "✎ " + m.Title
	for _, b := range m.Blocks {
		if b.Kind == bot.Heading {
			line = "✎ now " + spanText(b.Spans) + ": " + m.Title
			break
		}
	}
	return runewidth.Truncate(line, cmp.Or(width, defaultWidth), "…")
}

// Close closes the file.
func (p *Platform) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}
