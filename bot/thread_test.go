package bot_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
)

// slowWall shows a message to its room and keeps the answer back until it is let go.
type slowWall struct {
	*wall
	shown chan string // the id of the message
	letGo chan error
}

func (w *slowWall) Post(ctx context.Context, p bot.Post) (string, error) {
	id, _ := w.wall.Post(ctx, p)
	w.shown <- id
	select {
	case err := <-w.letGo:
		return id, err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// watched is an archive that tells when somebody looked for messages on their way and found some.
type watched struct {
	*store.Store
	looked chan struct{}
}

func (w *watched) Unsettled(ctx context.Context, room bot.Room) (bool, error) {
	is, err := w.Store.Unsettled(ctx, room)
	if is {
		select {
		case w.looked <- struct{}{}:
		default:
		}
	}
	return is, err
}

// newSlowPaper has told one story and shows the alert of another, which it was not yet told to have
// posted; shown is the id of that message.
func newSlowPaper(t *testing.T) (p *paper, w *slowWall, delivered chan error, shown string) {
	p = newPaper(t, wallWatch)
	p.publish(first)
	w = &slowWall{wall: p.wall, shown: make(chan string), letGo: make(chan error)}
	editor := &bot.Editor{Archive: p.store, Outbox: p.store}
	p.out = bot.NewDeliverer(bot.DelivererOptions{Outbox: p.store, Composer: editor, Platforms: []bot.Platform{w}, Log: quiet, Now: p.clock.now})
	delivered = make(chan error, 1)
	err := p.store.Owe(t.Context(), bot.Delivery{Key: bot.MakeKey("wall:a", 1, "new"), Room: "wall:a", Kind: bot.KindNew, State: bot.StateDue,
		Story: 1, Created: p.clock.now(), NextTry: p.clock.now()})
	if err != nil {
		t.Fatal(err)
	}
	go func() { delivered <- p.out.Drain(t.Context()) }()
	return p, w, delivered, <-w.shown
}

func (p *paper) deskOver(a bot.Archive, patience time.Duration) *bot.Desk {
	return bot.NewDesk(bot.DeskOptions{Inbox: p.store, Archive: a, Log: quiet, Now: p.clock.now, Patience: patience,
		Rules: func() *rules.Set { return p.set }})
}

func (p *paper) under(message string, kind bot.IncomingKind) bot.Incoming {
	return bot.Incoming{Key: "e", Room: "wall:a", User: "U1", Thread: message, Text: "sources", Kind: kind, Time: p.clock.now()}
}

func TestCommandUnderAnAlertThatIsBeingPostedIsAnsweredAboutItsStory(t *testing.T) {
	t.Parallel()
	p, w, delivered, shown := newSlowPaper(t)
	archive := &watched{p.store, make(chan struct{}, 1)}
	desk := p.deskOver(archive, time.Hour)
	type answer struct {
		reply *bot.Reply
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		reply, _, err := desk.Do(t.Context(), p.under(shown, bot.ByReply), bot.Member)
		answered <- answer{reply, err}
	}()
	<-archive.looked
	w.letGo <- nil
	if err := <-delivered; err != nil {
		t.Fatal(err)
	}
	a := <-answered
	if a.err != nil {
		t.Fatal(a.err)
	}
	if got := bot.PlainText(a.reply.Message); !strings.Contains(got, "Story 1:") {
		t.Errorf("answered %s", got)
	}
}

func TestCommandUnderAMessageThatIsNotNotedInTimeIsAnsweredAboutNoStory(t *testing.T) {
	t.Parallel()
	p, w, delivered, shown := newSlowPaper(t)
	for kind, patience := range map[bot.IncomingKind]time.Duration{bot.ByReply: time.Nanosecond, bot.ByForm: time.Hour} {
		_, _, err := p.deskOver(p.store, patience).Do(t.Context(), p.under(shown, kind), bot.Member)
		var user *bot.UserError
		if !errors.As(err, &user) || !strings.Contains(user.Text, "still being posted") {
			t.Errorf("%s: %v", kind, err)
		}
	}
	w.letGo <- &bot.SendError{Fate: bot.Ambiguous, Err: errors.New("connection reset")}
	if err := <-delivered; err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.deskOver(p.store, time.Nanosecond).Do(t.Context(), p.under(shown, bot.ByReply), bot.Member); err == nil || !strings.Contains(err.Error(), "still being posted") {
		t.Errorf("after an ambiguous post: %v", err)
	}
}
