package slack_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
)

func TestPrivateAnswerGoesTheWayOfItsQuestion(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	s.Slash(soon(t), "C0GENERAL", "U0ANNA", "status")
	q := in.next(t)
	answer := bot.Post{Key: bot.AnswerKey(q), Room: q.Room, To: q.User, Message: bot.Message{Title: "All is well"}}
	post := func() []slacktest.Message {
		t.Helper()
		if _, err := p.Post(t.Context(), answer); err != nil {
			t.Fatal(err)
		}
		return s.Whispers()
	}
	if w := post(); len(w) != 1 || w[0].To != "U0ANNA" || len(s.Calls("chat.postEphemeral")) != 0 {
		t.Errorf("not answered by response_url: %+v", w)
	}
	s.UseUp()
	if w := post(); len(w) != 2 || len(s.Calls("chat.postEphemeral")) != 1 {
		t.Errorf("after the response_url was used up: %+v", w)
	}
	s.AddChannel(slacktest.Channel{ID: "C0OTHER", Name: "other", Absent: true})
	answer.Room, answer.Key = "slack:C0OTHER", "another"
	post()
	if d := s.Messages(s.Direct("U0ANNA")); len(d) != 1 {
		t.Errorf("where the bot is no member, %d direct messages", len(d))
	}
	if n := len(s.Messages("C0GENERAL")); n != 0 {
		t.Errorf("%d messages in the channel", n)
	}
}

func TestLongWaitIsShown(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	s.Slash(soon(t), "C0GENERAL", "U0ANNA", "status")
	in.next(t)
	ts, _ := s.Say(soon(t), "C0GENERAL", "U0ANNA", "<@U0BOT> more", "")
	q := in.next(t)
	until(t, "a notice", func() bool { return len(s.Whispers()) == 1 && strings.Contains(s.Whispers()[0].Shown.Text, "Working") })
	until(t, "a reaction", func() bool { return len(s.Reactions("C0GENERAL", ts)) == 1 })
	if _, err := p.Post(t.Context(), bot.Post{Key: bot.AnswerKey(q), Room: q.Room, Thread: ts, Message: bot.Message{Title: "More"}}); err != nil {
		t.Fatal(err)
	}
	until(t, "the end of the reaction", func() bool { return len(s.Reactions("C0GENERAL", ts)) == 0 })
}

func TestHomeIsAPageWithASearchBox(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	s.Emit(soon(t), map[string]any{"type": "app_home_opened", "user": "U0ANNA", "channel": "D0ANNA", "tab": "home"})
	q := in.next(t)
	if q.Text != "home" || q.Room != "slack:home:U0ANNA" {
		t.Fatalf("heard %+v", q)
	}
	table := bot.Block{Kind: bot.Table, Items: [][]bot.Span{{bot.Text("a"), bot.Text("b")}}}
	if _, err := p.Post(t.Context(), bot.Post{Key: "home", Room: q.Room, Message: bot.Message{Title: "What is watched for you", Blocks: []bot.Block{table}}}); err != nil {
		t.Fatal(err)
	}
	var page struct {
		Blocks []struct {
			Type    string
			Element struct {
				ActionID string `json:"action_id"`
			}
		}
	}
	if err := json.Unmarshal(s.Home("U0ANNA"), &page); err != nil || len(page.Blocks) < 3 || page.Blocks[0].Type != "input" {
		t.Fatalf("the page: %s, %v", s.Home("U0ANNA"), err)
	}
	s.Act(soon(t), map[string]any{"type": "block_actions", "user": map[string]any{"id": "U0ANNA"}, "container": map[string]any{"type": "view", "view_id": "V1"},
		"view":    map[string]any{"id": "V1", "type": "home"},
		"actions": []any{map[string]any{"type": "plain_text_input", "action_id": page.Blocks[0].Element.ActionID, "value": "arms libya", "action_ts": "1700000000.000300"}}})
	if got := in.next(t); got.Text != "search arms libya" || got.Room != q.Room {
		t.Errorf("heard %+v", got)
	}
	s.Act(soon(t), map[string]any{"type": "shortcut", "callback_id": "search", "user": map[string]any{"id": "U0ANNA"}})
	until(t, "the modal", func() bool { return len(s.Views()) > 0 })
	s.Act(soon(t), map[string]any{"type": "view_submission", "user": map[string]any{"id": "U0ANNA"}, "view": map[string]any{"id": "V2", "callback_id": "search",
		"state": map[string]any{"values": map[string]any{"search": map[string]any{"search": map[string]any{"type": "plain_text_input", "value": "haftar"}}}}}})
	if got := in.next(t); got.Text != "search haftar" || got.Room != "slack:U0ANNA" {
		t.Errorf("heard %+v", got)
	}
	if refused := s.Refused(); len(refused) > 0 {
		t.Errorf("Slack would refuse: %v", refused)
	}
}

func TestAnswersAndLinksGoToSlackOnly(t *testing.T) {
	t.Parallel()
	_, p := workspace(t, func(c *slack.Config) { c.APIURL = slack.DefaultAPIURL })
	for address, want := range map[string]bool{
		"https://hooks.slack.com/commands/1/2": true, "https://hooks.slack-gov.com/x": true, "https://slack.com/x": true,
		"http://hooks.slack.com/x": false, "https://evilslack.com/x": false, "https://slack.com.evil.example/x": false,
		"https://evil.example/slack.com": false, "https://127.0.0.1/x": false, "https://slack.com@evil.example/x": false, "": false, "file:///etc/passwd": false,
	} {
		if got := p.MayRespond(address); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
	for address, want := range map[string]bool{"wss://wss-primary.slack.com/link/?ticket=1": true, "ws://wss-primary.slack.com/": false, "wss://evil.example/": false} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.MayLink(u); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
	_, local := workspace(t, nil)
	if !local.MayRespond("http://localhost:9/x") || local.MayRespond("http://10.0.0.1/x") {
		t.Error("with an API on loopback, answers go to loopback, and nowhere else")
	}
}

func TestCommandBetweenTwoPeopleIsAnsweredInOurOwnDirectChannel(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	s.AddChannel(slacktest.Channel{ID: "D0OTHERS", Direct: "U0BOB", Absent: true})
	s.Slash(soon(t), "D0OTHERS", "U0ANNA", "status")
	q := in.next(t)
	if q.Room != "slack:U0ANNA" {
		t.Errorf("heard in %s", q.Room)
	}
	post := bot.Post{Key: "an alert", Room: "slack:U0ANNA", Message: bot.Message{Title: "Alert"}, Repeat: true, FirstTry: time.Now().Add(-time.Minute)}
	if _, err := p.Post(t.Context(), post); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Messages(s.Direct("U0ANNA"))); n != 1 || len(s.Messages("D0OTHERS")) != 0 {
		t.Errorf("%d messages to the person", n)
	}
}

func TestPublicAnswerWhereTheBotIsNoMember(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	s.AddChannel(slacktest.Channel{ID: "C0OTHER", Name: "other", Absent: true})
	s.Slash(soon(t), "C0OTHER", "U0ANNA", "status --share")
	q := in.next(t)
	answer := bot.Post{Key: bot.AnswerKey(q), Room: q.Room, Message: bot.Message{Title: "All is well"}}
	if _, err := p.Post(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	if m := s.Messages("C0OTHER"); len(m) != 1 || !strings.Contains(m[0].Shown.Text, "All is well") {
		t.Errorf("in the channel: %+v", m)
	}
	answer.Key = "an alert"
	if _, err := p.Post(t.Context(), answer); bot.FateOf(err).Fate != bot.BadRoom {
		t.Errorf("an alert there: %v", err)
	}
}
