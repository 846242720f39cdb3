package matrix

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// Numbers of listening.
const (
	firstPause   = time.Second
	longestPause = 2 * time.Minute
	idlePause    = 2 * time.Second // after an empty answer that came at once: a server in a loop
	youngEnough  = 5 * time.Minute // what was said before we listened is heard when it is younger
	gapPages     = 50
	gapAge       = 24 * time.Hour // what is older in a gap is not worth an answer
)

type handler = func(context.Context, bot.Incoming) error

// Listen hears commands, mentions, direct messages, replies and reactions until ctx ends. Each
// answer to a sync is handled whole and stored before its place is committed; a crash in between
// repeats it, and keys make that harmless.
func (p *Platform) Listen(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	pause := firstPause
	first := true // a sync without waiting after every failure
	for ctx.Err() == nil {
		err := p.syncOnce(ctx, handle, first)
		first = err != nil
		if err == nil {
			pause = firstPause
			continue
		}
		if ended(ctx, err) {
			break
		}
		send := sendError(err, false)
		wait := max(pause, send.After)
		p.Log.Error("Matrix sync failed, trying again", "pause", wait, "err", send.Err,
			"hint", cmp.Or(send.Hint, "It usually passes by itself; `tocsin doctor` says more."))
		if !sleep(ctx, wait) {
			break
		}
		pause = min(2*pause, longestPause)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// syncOnce asks for news, handles them and commits the place.
func (p *Platform) syncOnce(ctx context.Context, handle handler, first bool) error {
	if err := p.memory.hold(ctx); err != nil {
		return fmt.Errorf("the device: %w", err)
	}
	a, err := p.connect(ctx)
	if err != nil {
		return err
	}
	since, err := p.memory.value(ctx, "since")
	if err != nil {
		return err
	}
	wait := syncWait
	if first || since == "" {
		wait = 0
	}
	asked := time.Now()
	r, err := askSync(ctx, a, since, wait)
	switch {
	case err != nil && statusOf(err) == http.StatusBadRequest && since != "":
		// The server no longer knows the place: begin anew, hearing only what is young.
		p.Log.Warn("the homeserver does not know our place in the sync any more, beginning anew", "err", err)
		return p.memory.setValue(ctx, "since", "")
	case err != nil:
		if sendError(err, false).Fate == bot.BadAuth {
			p.disconnect(a)
		}
		return err
	case r.NextBatch == "":
		return errors.New("the answer to a sync names no next place")
	}
	if err := p.take(ctx, a, r, since, handle); err != nil {
		return err
	}
	if r.NextBatch != since {
		if err := p.memory.setValue(ctx, "since", r.NextBatch); err != nil {
			return err
		}
	} else if wait > 0 && time.Since(asked) < wait/10 {
		sleep(ctx, idlePause)
	}
	p.rooms.sawSync()
	return p.tidy(ctx, &session{Platform: p, account: a, since: r.NextBatch, handle: handle})
}

// take handles one answer. An error means that something was not stored: the same answer is asked
// for again.
func (p *Platform) take(ctx context.Context, a *account, r *syncResponse, since string, handle handler) error {
	s := &session{Platform: p, account: a, since: since, handle: handle}
	keys := false
	if a.vault != nil {
		var err error
		if keys, err = a.vault.receive(ctx, r); err != nil {
			p.disconnect(a)
			return fmt.Errorf("store the keys of a sync: %w", err)
		}
	}
	// What makes a room encrypted is remembered before anything else is looked at.
	for room, news := range r.Rooms.Join {
		for _, e := range slices.Concat(news.State.Events, news.Timeline.Events) {
			if e.Type.Type == event.StateEncryption.Type && e.StateKey != nil {
				if err := s.sawEncryption(ctx, room, e); err != nil {
					return err
				}
			}
		}
	}
	for _, room := range slices.Sorted(maps.Keys(r.Rooms.Join)) { // the same order at every repeat
		news := r.Rooms.Join[room]
		if err := s.joined(ctx, room, &news); err != nil {
			return err
		}
	}
	for _, room := range slices.Sorted(maps.Keys(r.Rooms.Leave)) {
		news := r.Rooms.Leave[room]
		if err := s.left(ctx, room, &news); err != nil {
			return err
		}
	}
	if since == "" {
		if err := s.missed(ctx, r); err != nil {
			return err
		}
	}
	for _, room := range slices.Sorted(maps.Keys(r.Rooms.Invite)) {
		news := r.Rooms.Invite[room]
		if err := s.invited(ctx, room, &news); err != nil {
			return err
		}
	}
	if keys {
		return s.unlock(ctx)
	}
	return nil
}

// session is one answer to a sync being handled.
type session struct {
	*Platform
	account *account
	since   string
	handle  handler
}

// safely runs fn over an event; a panic over a strange event costs that event alone.
func (s *session) safely(room id.RoomID, e *event.Event, fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.Log.Error("panic over an event, left out", "room", room, "event", e.ID, "err", r, "stack", string(debug.Stack()))
			err = nil
		}
	}()
	return fn()
}

func (s *session) joined(ctx context.Context, room id.RoomID, news *joinedRoom) error {
	facts, err := s.memory.room(ctx, room)
	if err != nil {
		return err
	}
	for _, e := range news.State.Events {
		if err := s.state(ctx, room, e, facts.known && s.since != ""); err != nil {
			return err
		}
	}
	timeline := []*event.Event(news.Timeline.Events)
	isNew := !facts.known || s.since == ""
	if news.Timeline.Limited && !isNew {
		missed, err := s.gap(ctx, room, news.Timeline.PrevBatch, facts.last)
		if err != nil {
			return fmt.Errorf("fill a gap in %s: %w", room, err)
		}
		timeline = append(missed, timeline...)
	}
	for _, e := range timeline {
		if e.StateKey != nil {
			if err := s.state(ctx, room, e, !isNew); err != nil {
				return err
			}
			continue
		}
		// What was said before we came is heard only when somebody may still wait for the answer.
		if isNew && s.Now().Sub(time.UnixMilli(e.Timestamp)) > youngEnough {
			continue
		}
		if err := s.safely(room, e, func() error { return s.message(ctx, room, e) }); err != nil {
			return err
		}
	}
	if err := s.entered(ctx, room, news, facts); err != nil {
		return err
	}
	if err := s.company(ctx, room, news, facts); err != nil {
		return err
	}
	if n := len(news.Timeline.Events); n > 0 {
		if err := s.memory.setRoom(ctx, room, "last", news.Timeline.Events[n-1].ID); err != nil {
			return err
		}
	}
	if !facts.known {
		return s.memory.setRoom(ctx, room, "known", true)
	}
	return nil
}

// gap gives what happened in a room between the last event that was taken and a place in this sync,
// oldest first. Not every server stops where it is asked to, at the end of the last sync.
func (s *session) gap(ctx context.Context, room id.RoomID, from string, last id.EventID) ([]*event.Event, error) {
	oldest := s.Now().Add(-gapAge)
	var missed []*event.Event
	for range gapPages {
		page, err := s.account.Messages(ctx, room, from, s.since, mautrix.DirectionBackward, nil, 100)
		if err != nil {
			if code := statusOf(err); code == http.StatusForbidden || code == http.StatusNotFound {
				break
			}
			return nil, err
		}
		old := false
		for _, e := range page.Chunk {
			if old = e.ID == last || time.UnixMilli(e.Timestamp).Before(oldest); old {
				break
			}
			missed = append(missed, e)
		}
		if old || len(page.Chunk) == 0 || page.End == "" || page.End == from {
			break
		}
		from = page.End
	}
	slices.Reverse(missed)
	s.Log.Info("gap in the sync filled", "room", room, "events", len(missed))
	return missed, nil
}

// state takes a state event. Known is whether we knew the room before, so that the event is news.
func (s *session) state(ctx context.Context, room id.RoomID, e *event.Event, known bool) error {
	if e.StateKey == nil {
		return nil
	}
	e.RoomID, e.Type.Class = room, event.StateEventType
	return s.safely(room, e, func() error {
		if err := e.Content.ParseRaw(e.Type); err != nil && !errors.Is(err, event.ErrContentAlreadyParsed) {
			return nil // of a kind or shape that nobody needs
		}
		if s.account.vault != nil && e.Type == event.StateMember {
			s.account.vault.member(ctx, e)
		}
		mautrix.UpdateStateStore(ctx, s.account.StateStore, e)
		if !known {
			return nil
		}
		if e.Type == event.StateTombstone {
			return s.follow(ctx, room, e)
		}
		return nil
	})
}

// unlock tries the events again whose key had not come.
func (s *session) unlock(ctx context.Context) error {
	waiting, err := s.memory.locked(ctx)
	if err != nil {
		return err
	}
	for _, e := range waiting {
		if err := s.safely(e.RoomID, e, func() error { return s.message(ctx, e.RoomID, e) }); err != nil {
			return err
		}
	}
	return nil
}
