package bottest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

func testName(t *testing.T, h *Harness) {
	if name := h.Adapter.Name(); name == "" || name != h.Room.Platform() {
		t.Errorf("the platform is named %q, its room %q", name, h.Room)
	}
	if p := h.Adapter.Pace(); p.Room < 0 || p.All < 0 || p.Burst < 0 {
		t.Errorf("pace %+v has a negative part", p)
	}
}

func testOrder(t *testing.T, h *Harness) {
	const n = 5
	ids := map[string]bool{}
	for i := range n {
		ids[h.post(t, bot.Post{Key: fmt.Sprintf("order %d", i), Message: titled(fmt.Sprintf("Headline %d", i))})] = true
	}
	if len(ids) != n {
		t.Errorf("%d messages got %d different ids", n, len(ids))
	}
	seen := h.Messages()
	if len(seen) != n {
		t.Fatalf("%d messages in the room, want %d", len(seen), n)
	}
	for i, m := range seen {
		if want := fmt.Sprintf("Headline %d", i); !strings.Contains(m.Text, want) {
			t.Errorf("message %d reads %q, want %q in it", i, m.Text, want)
		}
		if !ids[m.ID] {
			t.Errorf("message %d has the id %q, which Post did not return", i, m.ID)
		}
	}
}

func testReply(t *testing.T, h *Harness) {
	parent := h.post(t, bot.Post{Key: "parent", Message: titled("Parent")})
	reply := h.post(t, bot.Post{Key: "reply", Thread: parent, Message: titled("Reply")})
	loud := h.post(t, bot.Post{Key: "loud", Thread: parent, Broadcast: true, Message: titled("Loud reply")})
	for _, m := range h.Messages() {
		want := ""
		if m.ID == reply || m.ID == loud {
			want = parent
		}
		if m.Thread != want {
			t.Errorf("%q stands under %q, want %q", m.Text, m.Thread, want)
		}
	}
}

func testEdit(t *testing.T, h *Harness) {
	first := titled("Headline")
	first.Blocks = []bot.Block{bot.Para(bot.Text("old words")), bot.Para(bot.Text("removed words"))}
	first.Buttons = []bot.Button{{Label: "Why", Command: "why"}}
	id := h.post(t, bot.Post{Key: "new", Message: first})
	second := titled("Headline")
	second.Blocks = []bot.Block{bot.Para(bot.Text("new words"))}
	edit := bot.Post{Key: "edit 1", Edit: id, Message: second}
	if got := h.post(t, edit); got != id {
		t.Errorf("the edit returned the id %q, want that of the message, %q", got, id)
	}
	edit.Repeat, edit.FirstTry = true, time.Now().Add(-time.Hour)
	h.post(t, edit)
	m := h.message(t)
	if !strings.Contains(m.Text, "new words") || strings.Contains(m.Text, "old words") || strings.Contains(m.Text, "removed") {
		t.Errorf("after the edit the message reads %q", m.Text)
	}
	if !m.Edited {
		t.Error("the message is not shown as edited")
	}
}

func testParts(t *testing.T, h *Harness) {
	m := bot.Message{
		Title: "The title", URL: "https://example.org/a?b=c&d=e", Priority: "high",
		Blocks: []bot.Block{
			bot.Para(bot.Text("Plain and "), bot.Bold("bold"), bot.Text(" and "), bot.Link("a link", "https://example.org/link")),
			{Kind: bot.Heading, Spans: []bot.Span{bot.Text("The heading")}},
			{Kind: bot.Quote, Spans: []bot.Span{bot.Text("The quote")}},
			{Kind: bot.Code, Spans: []bot.Span{bot.Text("the code\nsecond line")}},
			{Kind: bot.List, Items: [][]bot.Span{{bot.Text("first point")}, {bot.Text("second point")}}},
			{Kind: bot.Table, Header: []string{"left head", "right head"}, Items: [][]bot.Span{{bot.Text("one cell"), bot.Text("other cell")}}},
			bot.Small(bot.Text("The note of "), bot.Span{Text: "2 Jan 15:04 UTC", Time: time.Date(2026, 1, 2, 15, 4, 0, 0, time.UTC)}),
		},
	}
	h.post(t, bot.Post{Key: "parts", Message: m})
	seen := h.message(t)
	for _, want := range []string{"The title", "Plain and bold and a link", "The heading", "The quote", "the code", "second line",
		"first point", "second point", "left head", "right head", "one cell", "other cell", "The note of"} {
		if !strings.Contains(flat(seen.Text), want) {
			t.Errorf("%q is not shown; the message reads %q", want, seen.Text)
		}
	}
	if !slices.Contains(seen.Links, m.URL) {
		t.Errorf("the title does not lead to %s: %q", m.URL, seen.Links)
	}
	if len(seen.Mentions) > 0 {
		t.Errorf("the message mentions %q", seen.Mentions)
	}
}

func testLostAnswer(t *testing.T, h *Harness) {
	if h.LoseAnswer == nil {
		t.Skip("no answer can be lost on this platform")
	}
	for i := range 3 {
		p := bot.Post{Key: fmt.Sprintf("%s|7|update %d", h.Room, i), Message: titled(fmt.Sprintf("Headline %d", i)), FirstTry: time.Now().Add(-time.Minute)}
		h.LoseAnswer()
		id, err := h.try(t, p)
		if err != nil {
			if fate := bot.FateOf(err).Fate; fate != bot.Ambiguous {
				t.Errorf("the lost answer gave the fate %q, want %q: %v", fate, bot.Ambiguous, err)
			}
			p.Repeat = true
			id = h.post(t, p)
		}
		seen := h.Messages()
		if len(seen) != i+1 {
			t.Fatalf("%d messages after %d posts whose answer was lost", len(seen), i+1)
		}
		if seen[i].ID != id {
			t.Errorf("the repeat returned the id %q, the message has %q", id, seen[i].ID)
		}
	}
}

func testRepeatOfNothing(t *testing.T, h *Harness) {
	id := h.post(t, bot.Post{Key: "never arrived", Message: titled("Headline"), Repeat: true, FirstTry: time.Now().Add(-time.Hour)})
	if m := h.message(t); m.ID != id {
		t.Errorf("the message has the id %q, Post returned %q", m.ID, id)
	}
}

func testRepeatedReply(t *testing.T, h *Harness) {
	if h.LoseAnswer == nil {
		t.Skip("no answer can be lost on this platform")
	}
	parent := h.post(t, bot.Post{Key: "parent", Message: titled("Parent")})
	for i, loud := range []bool{false, true} {
		p := bot.Post{Key: fmt.Sprintf("reply %v", loud), Thread: parent, Broadcast: loud, Message: titled("Reply"), FirstTry: time.Now().Add(-time.Minute)}
		h.LoseAnswer()
		if _, err := h.try(t, p); err != nil {
			p.Repeat = true
			h.post(t, p)
		}
		if n := len(h.Messages()); n != i+2 {
			t.Fatalf("%d messages, want the parent and %d replies", n, i+1)
		}
	}
}

func testLength(t *testing.T, h *Harness) {
	for i, m := range longMessages() {
		h.post(t, bot.Post{Key: fmt.Sprintf("long %d", i), Message: m})
		seen := h.Messages()
		if len(seen) == 0 || !strings.Contains(flat(seen[len(seen)-1].Text), "Begins") {
			t.Fatalf("message %d is not shown from its beginning on", i)
		}
	}
}

func testBadRoom(t *testing.T, h *Harness) {
	if h.Refused == "" {
		t.Skip("no room of this platform refuses the bot")
	}
	_, err := h.try(t, bot.Post{Key: "refused", Room: h.Refused, Message: titled("Headline")})
	send := wantFate(t, err, bot.BadRoom)
	if send != nil && send.Hint == "" {
		t.Errorf("no hint says what to do about %v", err)
	}
	h.post(t, bot.Post{Key: "elsewhere", Message: titled("Headline")})
}

func testTooFast(t *testing.T, h *Harness) {
	if h.Slow == nil {
		t.Skip("this platform has no rate limit")
	}
	const wait = time.Second
	h.Slow(wait)
	_, err := h.try(t, bot.Post{Key: "too fast", Message: titled("Headline")})
	if send := wantFate(t, err, bot.NotPosted); send != nil && send.After < wait {
		t.Errorf("to be tried again after %v, the server asked for %v", send.After, wait)
	}
	if n := len(h.Messages()); n != 0 {
		t.Errorf("%d messages in the room, want none", n)
	}
	select { // as the deliverer does
	case <-time.After(wait + 50*time.Millisecond):
	case <-t.Context().Done():
	}
	h.post(t, bot.Post{Key: "too fast", Message: titled("Headline")})
}

func testBadAuth(t *testing.T, h *Harness) {
	if h.Revoke == nil {
		t.Skip("this platform has no credentials")
	}
	h.Revoke()
	_, err := h.try(t, bot.Post{Key: "revoked", Message: titled("Headline")})
	if send := wantFate(t, err, bot.BadAuth); send != nil && send.Hint == "" {
		t.Errorf("no hint says what to do about %v", err)
	}
}

func testCancelled(t *testing.T, h *Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := bot.Post{Key: "cancelled", Room: h.Room, Message: titled("Headline"), FirstTry: time.Now().Add(-time.Minute)}
	_, err := h.Adapter.Post(ctx, p)
	if err == nil {
		return // it went out all the same
	}
	if fate := bot.FateOf(err).Fate; fate != bot.NotPosted && fate != bot.Ambiguous {
		t.Errorf("a cancelled post has the fate %q: %v", fate, err)
	}
	p.Repeat = true
	h.post(t, p)
	h.message(t)
}

func wantFate(t *testing.T, err error, want bot.Fate) *bot.SendError {
	t.Helper()
	var send *bot.SendError
	if !errors.As(err, &send) {
		t.Errorf("got the error %v, want a SendError with the fate %q", err, want)
		return nil
	}
	if send.Fate != want {
		t.Errorf("the fate is %q, want %q: %v", send.Fate, want, err)
	}
	return send
}
