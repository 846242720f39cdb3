package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

func TestARoundFailsWhenEveryPollFailed(t *testing.T) {
	t.Parallel()
	good, bad := feeds.Outcome{}, feeds.Outcome{State: feeds.State{Failure: feeds.FailDNS, Detail: "no such host"}}
	for _, c := range []struct {
		name     string
		outcomes []feeds.Outcome
		failed   bool
	}{
		{"none polled", nil, false},
		{"one of two failed", []feeds.Outcome{bad, good}, false},
		{"both failed", []feeds.Outcome{bad, bad}, true},
	} {
		if err := allFailed(c.outcomes); (err != nil) != c.failed {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// cue is a log that calls once when it holds a text for the first time.
type cue struct {
	mu   sync.Mutex
	log  bytes.Buffer
	text string
	call func()
}

func (c *cue) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := strings.Contains(c.log.String(), c.text)
	c.log.Write(b)
	if !before && strings.Contains(c.log.String(), c.text) {
		c.call()
	}
	return len(b), nil
}

func TestTheLogSaysThatTheBotWasStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"tocsin.yaml": "rules: [w.yaml]\nconsole: {quiet: true}\nfeeds: [{name: refused, url: \"http://127.0.0.1:9/\"}]\n",
		"w.yaml": "watches: [{id: one, match: libya}]\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := loadAll(filepath.Join(dir, "tocsin.yaml"), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if said := bot.PlainText(l.welcome()); !strings.HasPrefix(said, "1 feed, 1 watch. What a feed holds at its very first poll is not told") {
		t.Errorf("the prompt begins with %q", said)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log := &cue{text: "feed=refused", call: stop}
	if err := l.run(ctx, log); err != nil {
		t.Fatal(err)
	}
	if got := log.log.String(); !strings.Contains(got, "msg=stopped") {
		t.Errorf("the log ends without a word:\n%s", got)
	}
}

func TestALogLineAtATerminalIsBrief(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: brief}))
	log.Warn("feed failed", "feed", "dw", "outcome", "no answer", "took", time.Second, "next", time.Now(), "failure", "dns", "hint", "wait", "failures", 1)
	if _, line, _ := strings.Cut(out.String(), " "); line != `level=WARN msg="feed failed" feed=dw outcome="no answer" hint=wait`+"\n" || len(out.String()) != len("time=15:04:05 ")+len(line) {
		t.Errorf("got %s", out.String())
	}
}
