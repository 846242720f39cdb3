package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot/console"
	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
)

// buildTocsin builds the program as it ships, with extra build tags where a test needs them.
func buildTocsin(t *testing.T, tags string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "tocsin")
	if out, err := exec.Command("go", "build", "-tags", tags, "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// heavy skips a test that takes minutes unless it is asked for.
func heavy(t *testing.T) {
	t.Helper()
	if os.Getenv("TOCSIN_HEAVY") == "" {
		t.Skip("takes minutes: TOCSIN_HEAVY=1 go test ./cmd/tocsin")
	}
}

// newsroom is a folder with a config that polls a sample newswire and appends alerts to a file.
type newsroom struct {
	t      *testing.T
	bin    string
	dir    string
	wire   *newswire.Wire
	server *newswire.Server
}

// quietStages are the stages of the day before the first alert.
const quietStages = 4

// newNewsroom prepares a newsroom. from is the folder of another one, whose memory it takes over;
// empty for none, with which it keeps its memory in SQLite.
func newNewsroom(t *testing.T, bin, from string) *newsroom {
	t.Helper()
	n := &newsroom{t: t, bin: bin, dir: t.TempDir(), wire: newswire.New(newswire.Options{Day: newswire.Monday(time.Now())})}
	server, err := n.wire.Listen()
	if err != nil {
		t.Fatal(err)
	}
	n.server = server
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	if from != "" {
		if err := os.CopyFS(n.dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	} else if _, err := writeStarter(n.dir); err != nil {
		t.Fatal(err)
	}
	var config strings.Builder
	if address, err := os.ReadFile(filepath.Join(n.dir, databaseFile)); err == nil {
		n.useDatabase(newDatabase(t, string(address)))
		config.WriteString("database_file: " + databaseFile + "\n")
	}
	config.WriteString("console: {file: alerts.jsonl, quiet: true}\nlog: {level: debug}\n" +
		"fetch: {allow_networks: [127.0.0.0/8], min_interval: 1s, proxy: \"" + server.URL + "\"}\n" +
		"feed_defaults: {schedule: \"@every 1s\", jitter: 0s}\nfeeds:\n")
	for _, f := range n.wire.Feeds("") {
		fmt.Fprintf(&config, "  - {name: %s, outlet: %q, language: %s, url: %q}\n", f.Name, f.Title, f.Language, f.URL)
	}
	if err := os.WriteFile(n.config(), []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *newsroom) config() string { return filepath.Join(n.dir, "tocsin.yaml") }

// start runs the program until it ends or is killed.
func (n *newsroom) start(ctx context.Context, env ...string) (*exec.Cmd, *startLog) {
	n.t.Helper()
	cmd := exec.CommandContext(ctx, n.bin, "run", "--config", n.config())
	cmd.Dir = n.dir
	cmd.Env = append(os.Environ(), env...)
	log := &startLog{running: make(chan struct{})}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	return cmd, log
}

// startLog is a log that tells when its program runs.
type startLog struct {
	mu      sync.Mutex
	text    bytes.Buffer
	running chan struct{}
	seen    bool
}

func (l *startLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.text.Write(p)
	if !l.seen && bytes.Contains(l.text.Bytes(), []byte("msg=running")) {
		l.seen = true
		close(l.running)
	}
	return n, err
}

func (l *startLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// once runs `run --once` and gives its exit error.
func (n *newsroom) once(env ...string) (string, error) {
	cmd := exec.Command(n.bin, "run", "--once", "--config", n.config())
	cmd.Dir = n.dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// told gives what each message was, without the numbers that another run may give: its title, and
// whether it was the alert, an update or an edit. Edits are left out: they may be told together.
func (n *newsroom) told() []string {
	n.t.Helper()
	records, err := console.ReadRecords(filepath.Join(n.dir, "alerts.jsonl"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		n.t.Fatal(err)
	}
	keys := map[string]bool{}
	var out []string
	for _, r := range records {
		if keys[r.Key] {
			n.t.Errorf("the delivery %q was posted twice", r.Key)
		}
		keys[r.Key] = true
		if r.Edit == "" {
			out = append(out, r.Message.Title)
		}
	}
	slices.Sort(out)
	return out
}

// newDay is a newsroom after the morning that another one had.
func newDay(t *testing.T, bin, morning string) *newsroom {
	t.Helper()
	n := newNewsroom(t, bin, morning)
	n.wire.Publish(quietStages - 1)
	return n
}

// quietMorning is a newsroom that has read the stages before the first alert. from is the folder of
// an empty one; empty for one with SQLite.
func quietMorning(t *testing.T, bin, from string) string {
	t.Helper()
	n := newNewsroom(t, bin, from)
	for i := range quietStages {
		n.wire.Publish(i)
		if out, err := n.once(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return n.dir
}

// expected is what the rest of the day tells when nothing crashes.
func expected(t *testing.T, bin, from string) []string {
	t.Helper()
	n := newDay(t, bin, from)
	for i := quietStages; i < len(n.wire.Stages()); i++ {
		n.wire.Publish(i)
		if out, err := n.once(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	want := n.told()
	if len(want) < 6 {
		t.Fatalf("a quiet day tells only %q", want)
	}
	return want
}

// killed tells whether the process ended by SIGKILL.
func killed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
}

// TestKilledAtEveryStepTellsEverythingOnce kills the program at each step of its pipeline, twenty
// times each, and starts it again.
func TestKilledAtEveryStepTellsEverythingOnce(t *testing.T) {
	t.Parallel()
	heavy(t)
	killAtEveryStep(t, "", 20)
}

// killAtEveryStep does so in newsrooms like the one in the folder from.
func killAtEveryStep(t *testing.T, from string, times int) {
	bin := buildTocsin(t, "failpoint")
	morning := quietMorning(t, bin, from)
	want := expected(t, bin, morning)
	// A round plans one batch, and posts a few messages: those are killed at the first to the third.
	for point, hits := range map[string]int{"planned": 1, "committed": 1, "composed": 3, "claimed": 3, "posted": 3, "settled": 3} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			kills := 0
			for kills < times {
				n, before := newDay(t, bin, morning), kills
				for i := quietStages; i < len(n.wire.Stages()); i++ {
					n.wire.Publish(i)
					out, err := n.once(fmt.Sprintf("TOCSIN_FAILPOINT=%s:%d", point, 1+kills%hits))
					switch {
					case killed(err):
						kills++
						n.recover()
					case err != nil:
						t.Fatalf("%v\n%s", err, out)
					}
				}
				if kills == before {
					t.Fatal("the point is not reached")
				}
				if got := n.told(); !slices.Equal(got, want) {
					t.Fatalf("after %[2]d kills at %[1]s: told\n%[3]s\nwant\n%[4]s", point, kills, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
			t.Logf("%d kills, 0 lost, 0 doubled", kills)
		})
	}
}

// recover goes on after a kill until nothing is owed.
func (n *newsroom) recover() {
	n.t.Helper()
	for range 50 {
		out, err := n.once()
		if err != nil {
			n.t.Fatalf("after the kill: %v\n%s", err, out)
		}
		if strings.Contains(out, "messages 0 owed") {
			return
		}
	}
	n.t.Fatal("messages stay owed")
}

// TestKilledAtRandomMomentsTellsEverythingOnce lets the day go by under a program that is killed
// and started again, a hundred times.
func TestKilledAtRandomMomentsTellsEverythingOnce(t *testing.T) {
	t.Parallel()
	heavy(t)
	killAtRandom(t, "", 100)
}

// killAtRandom does so in newsrooms like the one in the folder from.
func killAtRandom(t *testing.T, from string, rounds int) {
	bin := buildTocsin(t, "failpoint")
	morning := quietMorning(t, bin, from)
	want := expected(t, bin, morning)
	random := rand.New(rand.NewPCG(1, 2))
	n := newDay(t, bin, morning)
	stages := len(n.wire.Stages()) - quietStages
	for round := range rounds {
		n.wire.Publish(quietStages + round*stages/rounds)
		ctx, cancel := context.WithCancel(t.Context())
		cmd, log := n.start(ctx)
		if round%4 > 0 { // the others are killed while they start, wherever they are
			select {
			case <-log.running:
			case <-time.After(time.Minute):
				t.Fatalf("round %d: the program does not start", round)
			}
		}
		var late atomic.Bool
		timer := time.AfterFunc(time.Duration(50+random.IntN(1200))*time.Millisecond, func() { late.Store(true); cancel() })
		err := cmd.Wait()
		timer.Stop()
		cancel()
		if !late.Load() {
			t.Fatalf("round %d: the program ended by itself: %v\n%s", round, err, log)
		}
	}
	n.recover()
	n.tellsTheDay(want)
	t.Logf("%d kills, 0 lost, 0 doubled", rounds)
}

// tellsTheDay compares what was told with a day without kills. Which of the first reports leads,
// and whether another of them is told on its own, hangs on which feed was polled first; all else
// does not.
func (n *newsroom) tellsTheDay(want []string) {
	n.t.Helper()
	first := map[string]bool{} // titles of the stage in which the event is first told
	for _, tr := range n.wire.Truth() {
		if tr.Stage == quietStages && tr.Match {
			first[tr.Title] = true
		}
	}
	split := func(told []string) (alerts int, rest []string) {
		for _, title := range told {
			switch {
			case first[title]:
				alerts++
			case !first[strings.TrimPrefix(title, "Update: ")]:
				rest = append(rest, title)
			}
		}
		return alerts, rest
	}
	got := n.told()
	_, must := split(want)
	alerts, rest := split(got)
	if alerts != 1 {
		n.t.Errorf("%d alerts of one event", alerts)
	}
	if len(slices.Compact(slices.Clone(got))) != len(got) {
		n.t.Errorf("something was told twice: %q", got)
	}
	for _, title := range must {
		// Of reports that come in one poll, the second may add nothing to the first.
		if !slices.Contains(rest, title) && !strings.HasPrefix(title, "Update: Haftar") && !strings.HasPrefix(title, "Update: Pakistan") && !strings.HasPrefix(title, "Update: Ten") {
			n.t.Errorf("lost: %q", title)
		}
	}
	news := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool {
			return strings.HasPrefix(s, "Update: Ten trainer") || strings.HasPrefix(s, "Update: Pakistan and eastern Libya")
		})
	}
	if !news(rest) {
		n.t.Errorf("the follow-up was lost: %q", got)
	}
}
