package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
)

// Numbers of the desk.
const (
	staleCommand = 5 * time.Minute // an older command is answered, not run: the moment has passed
	commandTime  = 60 * time.Second
	atOnce       = 4                     // rooms answered side by side
	receiptPause = 50 * time.Millisecond // between two looks for the receipt of a message
)

// DeskOptions configure a Desk.
type DeskOptions struct {
	Inbox   Inbox
	Archive Archive
	Log     *slog.Logger

	// Rules gives the rule set in force.
	Rules func() *rules.Set

	// Feeds gives every feed with its state.
	Feeds func(ctx context.Context) ([]FeedStatus, error)

	// Article fetches the page at url and gives its text as an item, for `test URL`.
	Article func(ctx context.Context, url string) (*feeds.Item, error)

	// Outlet names who publishes a feed, as people write it. Defaults to the feed's name.
	Outlet func(feed string) string

	// Role says what a person may do. Defaults to Member for everybody.
	Role func(ctx context.Context, in Incoming) Role

	// Roles says in half a sentence why a person has their role, and in one line each who else has
	// which, for `roles`. Nil when the platform cannot tell.
	Roles func(ctx context.Context, in Incoming) (why string, lines []string)

	// RoomsOf gives the rooms in which a person is, for `home`. Nil or none means the room in which
	// they ask.
	RoomsOf func(ctx context.Context, in Incoming) ([]Room, error)

	// Wake is called when answers are owed. Defaults to nothing.
	Wake func()

	// Resume takes up what waits for a room that takes messages again, and says how much that is.
	// Defaults to nothing.
	Resume func(ctx context.Context, room Room) (int, error)

	// AdminRoom hears what becomes of the rooms of watches. Defaults to no room: the log only.
	AdminRoom Room

	// Reload loads the rule files again and says in one line what came of it. Nil when rules
	// cannot be reloaded.
	Reload func(ctx context.Context) (string, error)

	// Troubles gives what is wrong with the program as a whole, a line each, for `status`: rules
	// that were rejected. Nil, or an empty list, for nothing.
	Troubles func() []string

	// Patience is how long a command in a thread waits for the receipt of a message that is being
	// posted: the thread may be that message's. Defaults to 10 s.
	Patience time.Duration

	// Version is shown by `status`.
	Version string

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// FeedStatus is a feed as `feeds` shows it.
type FeedStatus struct {
	Feed  feeds.Feed
	State feeds.State
}

// Desk answers people: it stores what they say before anything else, runs the command, and
// stores the answer and every effect in one transaction. A crash repeats at most the thinking.
type Desk struct {
	DeskOptions
	Commands []Command
	wake     bell
	slots    chan struct{} // of commands that run side by side
	started  time.Time
	running  sync.WaitGroup

	mu     sync.Mutex
	busy   map[Room]bool // being answered
	failed error         // the last of a room, for AnswerAll
}

// NewDesk makes a desk with the standard commands.
func NewDesk(o DeskOptions) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	if o.Resume == nil {
		o.Resume = func(context.Context, Room) (int, error) { return 0, nil }
	}
	if o.Role == nil {
		o.Role = func(context.Context, Incoming) Role { return Member }
	}
	return &Desk{DeskOptions: o, Commands: standardCommands(), wake: newBell(),
		slots: make(chan struct{}, atOnce), busy: map[Room]bool{}, started: o.Now()}
}

// Handle stores an event; when it returns nil the platform may acknowledge it. It is the handle
// of Listener.Listen.
func (d *Desk) Handle(ctx context.Context, in Incoming) error {
	if in.Key == "" {
		return errors.New("incoming event without a key")
	}
	if in.Kind == ByForm {
		if err := d.check(ctx, in); err != nil {
			return err
		}
	}
	fresh, err := d.Inbox.Receive(ctx, in)
	if err != nil {
		return fmt.Errorf("store the event %s: %w", in.Key, err)
	}
	failpoint("received")
	if !fresh {
		d.Log.Debug("event repeated", "event", in.Key)
		return nil
	}
	d.wake.ring()
	return nil
}

// check runs a command without its effects, and gives what a person can mend about it. Every other
// error is left to the answer.
func (d *Desk) check(ctx context.Context, in Incoming) error {
	role := d.Role(ctx, in)
	if role == Stranger {
		return nil // not answered
	}
	_, _, err := d.Do(ctx, in, role)
	var user *UserError
	if errors.As(err, &user) {
		return user
	}
	return nil
}

// Run answers until ctx ends. What was received and not answered before a crash is answered first.
// A slow command holds up its own room only.
func (d *Desk) Run(ctx context.Context) error {
	defer d.running.Wait()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		if _, err := d.startRooms(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error("commands not answered", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.wake:
		case <-sweep.C:
		}
	}
}

// AnswerAll answers what is unanswered now, and returns when that is done.
func (d *Desk) AnswerAll(ctx context.Context) error {
	for {
		started, err := d.startRooms(ctx)
		d.running.Wait()
		d.mu.Lock()
		err = errors.Join(err, d.failed)
		d.failed = nil
		d.mu.Unlock()
		if err != nil || started == 0 {
			return err
		}
	}
}

// startRooms starts to answer every room that waits for an answer and is not being answered: the
// commands of a room one after the other, since each may build on what the one before changed, and
// rooms side by side. It says how many it started.
func (d *Desk) startRooms(ctx context.Context) (int, error) {
	waiting, err := d.Inbox.Unanswered(ctx, 100)
	if err != nil {
		return 0, fmt.Errorf("read the inbox: %w", err)
	}
	said := map[Room][]Incoming{}
	var rooms []Room
	for _, in := range waiting {
		if said[in.Room] == nil {
			rooms = append(rooms, in.Room)
		}
		said[in.Room] = append(said[in.Room], in)
	}
	started := 0
	for _, room := range rooms {
		d.mu.Lock()
		busy := d.busy[room]
		d.busy[room] = true
		d.mu.Unlock()
		if busy {
			continue
		}
		started++
		d.running.Go(func() {
			d.slots <- struct{}{}
			err := d.answerRoom(ctx, said[room])
			<-d.slots
			d.mu.Lock()
			delete(d.busy, room)
			if err != nil {
				d.failed = err
			}
			d.mu.Unlock()
			if err != nil && ctx.Err() == nil {
				d.Log.Error("commands not answered", "room", room, "err", err)
				return // the sweep tries again
			}
			d.wake.ring() // for what was said meanwhile
		})
	}
	return started, nil
}

// answerRoom answers what was said in one room, in order.
func (d *Desk) answerRoom(ctx context.Context, said []Incoming) error {
	for _, in := range said {
		var effects Effects
		if in.Kind == ByRoom {
			effects = d.roomChanged(ctx, in)
		} else {
			effects = d.answer(ctx, in)
		}
		failpoint("answered")
		if ctx.Err() != nil {
			return ctx.Err() // the command was interrupted; it is run again after the next start
		}
		if err := d.Inbox.Answer(ctx, in.Key, effects); err != nil {
			return fmt.Errorf("store the answer to %s: %w", in.Key, err)
		}
		d.Wake()
	}
	return nil
}

// answer runs one command and gives all that it changes.
func (d *Desk) answer(ctx context.Context, in Incoming) Effects {
	now := d.Now()
	e := Effects{Now: now}
	role := d.Role(ctx, in)
	log := d.Log.With("event", in.Key, "room", in.Room, "user", in.User)
	if role == Stranger {
		log.Info("stranger not answered")
		return e
	}
	reply, share, err := d.Do(ctx, in, role)
	if err != nil {
		var user *UserError
		if !errors.As(err, &user) {
			log.Error("command failed", "text", clip(in.Text, 80), "err", err)
		}
		if in.Kind == ByReaction {
			return e
		}
		reply = &Reply{Message: errorReply(err)}
		reply.Message.Outcome = Refused
	} else if reply.Public {
		reply.Message.Outcome = Done
	}
	e.Mutes, e.Unmute, e.Marks = reply.Mutes, reply.Unmute, reply.Marks
	answer := Delivery{
		Key: AnswerKey(in), Room: in.Room, Kind: KindAnswer, State: StateReady,
		Thread: in.Thread, Message: &reply.Message, Created: now, NextTry: now,
	}
	if answer.Thread == "" && in.Kind == ByMention {
		answer.Thread = in.Message
	}
	if in.Private && !reply.Public && !share {
		answer.To = in.User
		if share, ok := d.shareButton(ctx, in); ok && err == nil {
			reply.Message.Buttons = append(reply.Message.Buttons, share)
		}
	}
	e.Deliveries = append(e.Deliveries, answer)
	log.Info("command answered", "text", clip(in.Text, 80), "took", d.Now().Sub(now))
	return e
}

// Do parses and runs the command in in. A panic of a command is an error of it.
func (d *Desk) Do(ctx context.Context, in Incoming, role Role) (reply *Reply, share bool, err error) {
	now := d.Now()
	cmd, args, share, err := parseCommand(d.Commands, in.Text)
	if err != nil {
		return nil, false, err
	}
	if age := now.Sub(in.Time); !in.Time.IsZero() && age > staleCommand {
		return nil, false, userErrorf("Say it again if you still want it.",
			"That was %s ago, so I did not run “%s”.", humanDuration(age), clip(in.Text, 60))
	}
	if role < cmd.Need {
		return nil, false, userErrorf("An admin can give you the right in the configuration.",
			"`%s` needs the role %s; yours is %s.", cmd.Name, cmd.Need, role)
	}
	req := &Request{Incoming: in, Command: cmd, Args: args, Words: splitWords(args), Role: role, Now: now}
	if in.Thread != "" {
		if req.Story, req.Listed, err = d.threadOf(ctx, in); err != nil {
			return nil, false, err
		}
	}
	if in.Kind == ByReaction && req.Story == 0 {
		// An emoji on an answer or on talk: never a word about whatever was told last.
		return nil, false, userErrorf("", "That is no alert.")
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in %s: %v\n%s", cmd.Name, r, debug.Stack())
		}
	}()
	reply, err = cmd.Run(d, ctx, req)
	return reply, share, err
}

// threadOf gives the story, or the several stories, that the message tells under which a command was
// said; none for any other message. While one is being posted whose receipt is not stored yet, it
// waits: people see a message before its server has answered us. Who fills in a form is told at once.
func (d *Desk) threadOf(ctx context.Context, in Incoming) (story int64, listed []int64, err error) {
	timeout := time.NewTimer(d.Patience)
	defer timeout.Stop()
	for late := in.Kind == ByForm; ; {
		unsettled, err := d.Archive.Unsettled(ctx, in.Room) // first: what is settled now is found below
		if err != nil {
			return 0, nil, err
		}
		if story, err = d.Archive.StoryAt(ctx, in.Room, in.Thread); err != nil {
			return 0, nil, fmt.Errorf("find the story of the thread: %w", err)
		}
		if story == 0 {
			if listed, err = d.Archive.Listed(ctx, in.Room, in.Thread); err != nil {
				return 0, nil, fmt.Errorf("find the stories of the thread: %w", err)
			}
		}
		switch {
		case len(listed) == 1:
			return listed[0], nil, nil
		case story != 0 || len(listed) > 0 || !unsettled:
			return story, listed, nil
		case late:
			return 0, nil, userErrorf("Say it again in a minute, or with the number of the story; `latest` lists them.",
				"A message is still being posted here, so I can't tell what this thread is about.")
		}
		select {
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		case <-timeout.C:
			late = true
		case <-time.After(receiptPause):
		}
	}
}
