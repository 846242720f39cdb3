package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
	"github.com/tocsin-bot/tocsin/store"
)

// slackDesk is a newsroom that tells a Slack workspace.
type slackDesk struct {
	*newsroom
	slack *slacktest.Server
}

// newSlackDesk prepares one with the given number of copies of each feed, polled every second.
func newSlackDesk(t *testing.T, copies int) *slackDesk {
	t.Helper()
	d := &slackDesk{newNewsroom(t, "", ""), slacktest.New(t)}
	d.slack.RoomEvery, d.slack.RoomBurst = time.Second, 1
	config, err := os.ReadFile(d.config())
	if err != nil {
		t.Fatal(err)
	}
	text := string(config)
	for i := 1; i < copies; i++ {
		for _, f := range d.wire.Feeds("") {
			text += fmt.Sprintf("  - {name: %s-%d, language: %s, url: \"%s?copy=%d\"}\n", f.Name, i, f.Language, f.URL, i)
		}
	}
	text = "notify: [\"slack:#general\"]\nadmins: [\"slack:U0CHIEF\"]\nslack: {bot_token: " + slacktest.BotToken + ", app_token: " + slacktest.AppToken +
		", api_url: \"" + d.slack.URL() + "\"}\n" + text
	if err := os.WriteFile(d.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.slack.AddUser(slacktest.User{ID: "U0CHIEF", Name: "chief"})
	d.slack.AddUser(slacktest.User{ID: "U0GUEST", Name: "guest", Guest: true})
	return d
}

// run runs the program in this process until the test ends.
func (d *slackDesk) run() {
	ctx, stop := context.WithCancel(d.t.Context())
	var log lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, []string{"run", "--config", d.config()}, strings.NewReader(""), &log, &log)
	}()
	d.t.Cleanup(func() {
		stop()
		if status := <-ended; status != exitFine || d.t.Failed() {
			d.t.Errorf("run ended with %d\n%s", status, log.String())
		}
		if refused := d.slack.Refused(); len(refused) > 0 {
			d.t.Errorf("Slack would refuse: %q", refused)
		}
	})
	within, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	if err := d.slack.Linked(within, 1); err != nil {
		d.t.Fatalf("no link to Slack: %v\n%s", err, log.String())
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// patience bounds a wait for what is bound to happen: far longer than even a loaded machine takes.
const patience = 3 * time.Minute

// until waits for what the program does.
func (d *slackDesk) until(what string, done func() bool) {
	d.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !done() {
		select {
		case <-tick.C:
		case <-limit:
			d.t.Fatalf("%s: did not happen", what)
		}
	}
}

// told gives the alerts in #general that are no replies.
func (d *slackDesk) told() (alerts []slacktest.Message) {
	for _, m := range d.slack.Messages("C0GENERAL") {
		if m.User == slacktest.BotUser && m.Thread == "" {
			alerts = append(alerts, m)
		}
	}
	return alerts
}

// under waits for a reply of the bot in a thread that holds the given words.
func (d *slackDesk) under(thread, words string) (found slacktest.Message) {
	d.t.Helper()
	d.until(words+" in the thread", func() bool {
		for _, m := range d.slack.Messages("C0GENERAL") {
			if m.User == slacktest.BotUser && m.Thread == thread && strings.Contains(m.Shown.Text, words) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// whispered waits for a private message to a person that holds the given words. Others may come
// before it: an answer that takes longer is announced.
func (d *slackDesk) whispered(user, words string) (found slacktest.Message) {
	d.t.Helper()
	d.until(words+" for "+user+" alone", func() bool {
		for _, m := range d.slack.Whispers() {
			if m.To == user && strings.Contains(m.Shown.Text, words) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// settled waits until the program has noted that it posted an alert. Slack shows it a moment before, and
// what is asked in between is not yet asked about a story.
func (d *slackDesk) settled() {
	d.t.Helper()
	db, err := store.Open(d.t.Context(), filepath.Join(d.dir, "tocsin.db"), store.ReadOnly())
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	d.until("the note of the alert", func() bool {
		told, err := db.Told(d.t.Context(), "slack:#general", 1)
		return err == nil && len(told) > 0
	})
}

func TestSlackFromFeedToAnswer(t *testing.T) {
	t.Parallel()
	d := newSlackDesk(t, 1)
	for i := range quietStages {
		d.wire.Publish(i)
	}
	if out, status := d.onceHere(); status != exitFine {
		t.Fatalf("the first poll ended with %d\n%s", status, out)
	}
	d.wire.Publish(quietStages)
	d.run()
	ctx := t.Context()
	d.until("the first alert", func() bool { return len(d.told()) > 0 })
	d.settled()
	alert := d.told()[0]
	if len(alert.Shown.Mentions) > 0 || len(alert.Shown.Buttons) < 5 || len(alert.Shown.Links) == 0 {
		t.Errorf("the alert: %+v", alert.Shown)
	}

	d.slack.Say(ctx, "C0GENERAL", "U0ANNA", "<@U0BOT> why", alert.TS)
	d.under(alert.TS, "Decided by rules")
	d.slack.Click(ctx, alert, "U0ANNA", button(t, alert, "Sources"))
	private := d.whispered("U0ANNA", "source")
	before := len(d.told())
	d.slack.Click(ctx, private, "U0ANNA", button(t, private, "Post to channel"))
	d.until("the same in public", func() bool { return len(d.told()) > before })
	d.slack.Click(ctx, alert, "U0ANNA", button(t, alert, "Mute story: for a day"))
	if mute := d.under(alert.TS, " muted story"); !slices.Contains(mute.Shown.Mentions, "U0ANNA") {
		t.Errorf("mute: %+v", mute.Shown)
	}

	d.slack.Slash(ctx, "C0GENERAL", "U0ANNA", "reload")
	d.whispered("U0ANNA", "needs the role admin")
	guest := d.slack.Slash(ctx, "C0GENERAL", "U0GUEST", "status")
	<-guest.Acked()
	d.slack.Slash(ctx, "C0GENERAL", "U0CHIEF", "roles")
	d.whispered("U0CHIEF", "named in the configuration")
	for _, w := range d.slack.Whispers() {
		if w.To == "U0GUEST" {
			t.Errorf("a guest was answered: %+v", w)
		}
	}
	d.slack.Emit(ctx, map[string]any{"type": "app_home_opened", "user": "U0ANNA", "channel": "D0ANNA", "tab": "home"})
	d.until("the Home tab", func() bool {
		return bytes.Contains(d.slack.Home("U0ANNA"), []byte("libya-pakistan-arms")) && bytes.Contains(d.slack.Home("U0ANNA"), []byte("Muted"))
	})
}

// onceHere runs `run --once` in this process.
func (d *slackDesk) onceHere() (string, int) {
	var out lockedBuffer
	status := execute(d.t.Context(), []string{"run", "--once", "--config", d.config()}, strings.NewReader(""), &out, &out)
	return out.String(), status
}

func button(t *testing.T, m slacktest.Message, label string) slacktest.Button {
	t.Helper()
	for _, b := range m.Shown.Buttons {
		if b.Label == label {
			return b
		}
	}
	t.Fatalf("no button %q: %+v", label, m.Shown.Buttons)
	return slacktest.Button{}
}

func TestCommandsAreAnsweredWhileFeedsArePolled(t *testing.T) {
	t.Parallel()
	heavy(t)
	d := newSlackDesk(t, 2)
	feeds := 2 * len(d.wire.Feeds(""))
	if feeds < 20 {
		t.Fatalf("%d feeds a second are fewer than promised", feeds)
	}
	for i := range d.wire.Stages() {
		d.wire.Publish(i)
	}
	d.run()
	const commands = 300
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var events []*slacktest.Event
	for i := range commands {
		<-tick.C
		events = append(events, d.slack.Slash(t.Context(), "C0GENERAL", "U0ANNA", fmt.Sprintf("search libya word%d", i)))
	}
	d.until("the last answer", func() bool {
		answers := 0
		for _, w := range d.slack.Whispers() {
			if strings.Contains(w.Shown.Text, "word") {
				answers++
			}
		}
		return answers >= commands
	})
	var acks, answers []time.Duration
	for i, e := range events {
		ack, acked := e.AckTime()
		if !acked {
			t.Fatalf("command %d was not acknowledged", i)
		}
		acks = append(acks, ack)
		for _, w := range d.slack.Whispers() {
			if strings.Contains(w.Shown.Text+" ", fmt.Sprintf("word%d ", i)) || strings.Contains(w.Shown.Text, fmt.Sprintf("word%d\n", i)) {
				answers = append(answers, w.Posted.Sub(e.Sent))
				break
			}
		}
	}
	slices.Sort(acks)
	slices.Sort(answers)
	if len(answers) != commands {
		t.Fatalf("%d answers to %d commands", len(answers), commands)
	}
	ack, answer := acks[commands*99/100], answers[commands*99/100]
	t.Logf("%d feeds a second: ack p50 %v p99 %v, answer p50 %v p99 %v max %v", feeds, acks[commands/2], ack, answers[commands/2], answer, answers[commands-1])
	if ack > 500*time.Millisecond || answer > 2*time.Second {
		t.Errorf("ack p99 %v, answer p99 %v", ack, answer)
	}
}

// TestSlackPageLeadsANewcomerToTheFirstAlert follows the page literally: the lines that it tells to
// write, the token files, the doctor, the run. Only the feeds and the address of Slack are our own.
func TestSlackPageLeadsANewcomerToTheFirstAlert(t *testing.T) {
	t.Parallel()
	page := helpPage("slack")
	lines := func(begin string) (text string) {
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, "     "+begin) {
				return line[5:]
			}
		}
		t.Fatalf("the page has no line %q", begin)
		return ""
	}
	d := &slackDesk{newNewsroom(t, "", ""), slacktest.New(t)}
	d.slack.AddChannel(slacktest.Channel{ID: "C0NEWS", Name: "news", Absent: true})
	d.slack.AddUser(slacktest.User{ID: "U012AB3CD", Name: "newcomer"})
	for i := range d.wire.Stages() {
		d.wire.Publish(i)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("slack-bot-token", slacktest.BotToken+"\n")
	write("slack-app-token", slacktest.AppToken+"\n")
	config, err := os.ReadFile(d.config())
	if err != nil {
		t.Fatal(err)
	}
	section := strings.Replace(lines("slack: "), "{", "{api_url: \""+d.slack.URL()+"\", ", 1)
	write("tocsin.yaml", section+lines("notify: ")+lines("admins: ")+strings.Replace(string(config), "feed_defaults: {", "feed_defaults: {baseline: last 3, ", 1))
	write("rules/first.yaml", lines("watches:")+lines("  - {id: first"))

	doctor := func() (string, int) {
		var out lockedBuffer
		status := execute(t.Context(), []string{"doctor", "--config", d.config()}, strings.NewReader(""), &out, &out)
		return out.String(), status
	}
	for _, scope := range []string{"app_mentions:read", "commands", "reactions:read", "im:history"} { // which no method of the fake needs
		d.slack.WithScope(scope)
	}
	if out, status := doctor(); status == exitFine || !strings.Contains(out, "/invite") {
		t.Errorf("before the invitation the doctor says, with %d,\n%s", status, out)
	}
	d.slack.Join("C0NEWS")
	if out, status := doctor(); status != exitFine || !strings.Contains(out, "slack:#news: I am in the channel") {
		t.Errorf("after the invitation the doctor says, with %d,\n%s", status, out)
	}
	began := time.Now()
	d.run()
	d.until("the first alert", func() bool { return len(d.slack.Messages("C0NEWS")) > 0 })
	t.Logf("from `tocsin run` to the first alert: %v", time.Since(began).Round(time.Millisecond))
	d.slack.Click(t.Context(), d.slack.Messages("C0NEWS")[0], "U012AB3CD", button(t, d.slack.Messages("C0NEWS")[0], "Why"))
	d.whispered("U012AB3CD", "priority) matched")
	d.slack.Slash(t.Context(), "C0NEWS", "U012AB3CD", "status")
	d.whispered("U012AB3CD", "feeds")
}
