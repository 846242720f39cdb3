package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Numbers of the deliverer. The lease is far longer than one post may take, so that a delivery is
// claimed a second time only when its first claimer is gone.
const (
	postTimeout  = 30 * time.Second
	leaseTime    = 2 * time.Minute
	sweepEvery   = time.Second      // looks for due rooms even when nobody called Wake
	parkTime     = 15 * time.Minute // a room that refused us is asked again after this
	firstBackoff = 2 * time.Second
	lastBackoff  = 10 * time.Minute

	composePatience = time.Minute // from when it was due until a message that cannot be composed goes out bare

	maxInterrupted = 8 // errors that Drain tells of
)

// Composer turns a due delivery into a message.
type Composer interface {
	// Compose fills d.Message, d.Told and d.Broadcast, or says why there is nothing left to say. It
	// puts the delivery off by leaving d.Message nil and setting a later d.NextTry.
	Compose(ctx context.Context, d *Delivery, now time.Time) (skip string, err error)
}

// DelivererOptions configure a Deliverer.
type DelivererOptions struct {
	Outbox    Outbox
	Composer  Composer
	Platforms []Platform
	Log       *slog.Logger

	// AdminRoom hears of rooms and platforms that refuse us. Defaults to no room: the log only.
	AdminRoom Room

	// Backlog bounds how long posting what is owed to a room may take at the pace of its platform:
	// beyond it the oldest alerts come as a digest. Defaults to zero: no bound.
	Backlog time.Duration

	// Patience is how long Drain waits at once for a platform that lets no message go yet. Defaults
	// to zero: such messages stay for later.
	Patience time.Duration

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Deliverer brings deliveries from the outbox to their rooms: each room by one goroutine at a
// time and in order, rooms side by side, never faster than their platform's pace. Every step is
// one transaction, so that it can be killed anywhere.
type Deliverer struct {
	DelivererOptions
	platforms map[string]*lane
	wake      bell

	mu          sync.Mutex
	busy        map[Room]bool
	parked      map[Room]time.Time
	pace        map[Room]*rate.Limiter
	interrupted []error // of rooms, for Drain
	running     sync.WaitGroup

	resumed bool            // rooms that an earlier run parked are taken up
	missing map[string]bool // platforms that rooms name and nobody opened, as they were logged
}

// NewDeliverer makes a deliverer for the given platforms.
func NewDeliverer(o DelivererOptions) *Deliverer {
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Deliverer{
		DelivererOptions: o,
		platforms:        map[string]*lane{},
		wake:             newBell(),
		busy:             map[Room]bool{},
		parked:           map[Room]time.Time{},
		pace:             map[Room]*rate.Limiter{},
		missing:          map[string]bool{},
	}
	for _, p := range o.Platforms {
		d.platforms[p.Name()] = newLane(p)
	}
	return d
}

// Wake tells the deliverer that something may have become due. It never blocks.
func (d *Deliverer) Wake() { d.wake.ring() }

// Run delivers until ctx ends, and then waits for the posts under way.
func (d *Deliverer) Run(ctx context.Context) error {
	defer d.running.Wait()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		_, pause, err := d.startRooms(ctx)
		if err != nil && ctx.Err() == nil {
			d.Log.Error("outbox not readable", "err", err)
		}
		var turn <-chan time.Time
		if pause > 0 {
			turn = time.After(pause)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.wake:
		case <-turn:
		case <-sweep.C:
		}
	}
}

// Drain delivers everything that is due now and returns when nothing more is: for `run --once`
// and tests. A room that refuses us or asks us to wait keeps its deliveries for later. It ends
// with the first errors of the outbox: a database that cannot be written mends no sooner for
// being asked at once again.
func (d *Deliverer) Drain(ctx context.Context) error {
	for {
		started, pause, err := d.startRooms(ctx)
		d.running.Wait()
		d.mu.Lock()
		err = errors.Join(append(d.interrupted, err)...)
		d.interrupted = nil
		d.mu.Unlock()
		if err == nil && started == 0 && pause > 0 && pause <= d.Patience {
			select {
			case <-time.After(pause):
				continue
			case <-ctx.Done():
			}
		}
		if err != nil || started == 0 {
			return err
		}
	}
}

// startRooms starts a goroutine for every due room that has none, and says how many it started, and
// how long the first platform lets nothing go that lets nothing go now.
func (d *Deliverer) startRooms(ctx context.Context) (started int, pause time.Duration, err error) {
	if err := d.unpark(ctx); err != nil {
		return 0, 0, err
	}
	rooms, err := d.Outbox.DueRooms(ctx, d.Now())
	if err != nil {
		return 0, 0, fmt.Errorf("find due rooms: %w", err)
	}
	inTurn := map[*lane][]Room{}
	for _, room := range rooms {
		lane := d.platforms[room.Platform()]
		switch {
		case lane == nil:
			d.reportMissing(room)
		case d.limited(lane):
			inTurn[lane] = append(inTurn[lane], room)
		case d.take(room, lane):
			started++
			d.running.Go(func() { d.release(room, d.drainRoom(ctx, room, lane, false)) })
		}
	}
	for lane, rooms := range inTurn {
		n, err := d.startInTurn(ctx, lane, rooms)
		started += n
		if err != nil {
			return started, 0, err
		}
	}
	return started, d.pause(), nil
}

// unpark takes up the rooms whose time has come, and the first time all that an earlier run parked:
// whoever started us may have mended them.
func (d *Deliverer) unpark(ctx context.Context) error {
	now := d.Now()
	var rooms []Room
	if !d.resumed {
		rooms = append(rooms, "")
	}
	d.mu.Lock()
	for room, until := range d.parked {
		if !now.Before(until) {
			rooms = append(rooms, room)
		}
	}
	d.mu.Unlock()
	for _, room := range rooms {
		n, err := d.Outbox.Unpark(ctx, room, now)
		if err != nil {
			return fmt.Errorf("take up parked rooms: %w", err)
		}
		d.resumed = true
		d.mu.Lock()
		delete(d.parked, room)
		d.mu.Unlock()
		if n > 0 {
			d.Log.Info("parked messages tried again", "room", room, "deliveries", n)
		}
	}
	return nil
}

// Resume takes up at once what was parked for a room, which takes messages again, and says how many
// there were.
func (d *Deliverer) Resume(ctx context.Context, room Room) (int, error) {
	n, err := d.Outbox.Unpark(ctx, room, d.Now())
	if err != nil {
		return 0, fmt.Errorf("take up %s: %w", room, err)
	}
	d.mu.Lock()
	delete(d.parked, room)
	d.mu.Unlock()
	if n > 0 {
		d.Log.Info("room takes messages again", "room", room, "deliveries", n)
	}
	d.Wake()
	return n, nil
}

// reportMissing says once that a room's platform is not set up. Its deliveries wait: the config may
// get its section back.
func (d *Deliverer) reportMissing(room Room) {
	if name := room.Platform(); !d.missing[name] {
		d.missing[name] = true
		d.Log.Error("messages wait for a platform that the config does not set up", "platform", name, "room", room)
	}
}

// take reserves room for one goroutine. It is false when the room is busy, parked or held.
func (d *Deliverer) take(room Room, lane *lane) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.Now()
	if d.busy[room] || now.Before(lane.held) || now.Before(d.parked[room]) {
		return false
	}
	d.busy[room] = true
	return true
}

// release gives room back, with the error that interrupted it.
func (d *Deliverer) release(room Room, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, room)
	if err != nil && len(d.interrupted) < maxInterrupted {
		d.interrupted = append(d.interrupted, err)
	}
}

// drainRoom works on the deliveries of one room, one after the other, until none is due or the
// room has to wait. With oneTurn it posts one message, for which a turn was taken, at most.
func (d *Deliverer) drainRoom(ctx context.Context, room Room, lane *lane, oneTurn bool) error {
	posted := false
	if oneTurn {
		defer func() { d.endTurn(lane, posted) }()
	}
	err := d.fold(ctx, room, lane)
	for err == nil && ctx.Err() == nil && !posted && (oneTurn || !d.limited(lane)) {
		var next *Delivery
		if next, err = d.Outbox.NextDelivery(ctx, room, d.Now()); err != nil || next == nil {
			break
		}
		var again bool
		again, err = d.deliver(ctx, next, lane, func() { posted = oneTurn })
		if !again {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		d.Log.Error("delivery interrupted", "room", room, "err", err)
	}
	return cmp.Or(err, ctx.Err())
}

// deliver takes one delivery as far as it goes, and calls trying before it asks the platform. again
// says that the room may go on.
func (d *Deliverer) deliver(ctx context.Context, next *Delivery, lane *lane, trying func()) (again bool, err error) {
	if next.State == StateDue {
		done, err := d.compose(ctx, next)
		if err != nil || done {
			return err == nil, err
		}
		failpoint("composed")
	}
	post, ok, err := d.address(ctx, next)
	if err != nil || !ok {
		return err == nil, err
	}
	if err := d.waitTurn(ctx, &post, lane); err != nil {
		return false, err
	}
	now := d.Now()
	claimed, err := d.Outbox.ClaimDelivery(ctx, next.Key, now, now.Add(leaseTime))
	if err != nil || claimed == nil {
		return false, err
	}
	failpoint("claimed")
	trying()
	post.Repeat, post.FirstTry = claimed.Repeat, claimed.FirstTry
	// A post that has begun is finished even when the program is asked to stop: its outcome is
	// worth more than the seconds.
	postCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), postTimeout)
	defer cancel()
	receipt, postErr := safePost(postCtx, lane, post)
	// An edit is not tried bare: the message that stands there says more. A message that makes the
	// adapter panic every time is as good as refused.
	var crash *adapterPanic
	crashed := errors.As(postErr, &crash) && claimed.Attempt >= patience
	if postErr != nil && (crashed || FateOf(postErr).Fate == BadPost) && claimed.Kind != KindEdit {
		d.Log.Error("message refused, trying it bare", "delivery", claimed.Key, "err", postErr)
		post.Message, post.Repeat = bareMessage(post.Message), post.Repeat || crashed
		receipt, postErr = safePost(postCtx, lane, post)
	}
	if crashed && errors.As(postErr, &crash) {
		postErr = &SendError{Fate: BadPost, Err: crash}
	}
	d.turnTaken(&post, lane)
	failpoint("posted")
	again = d.judge(claimed, lane, receipt, postErr)
	if err := d.Outbox.Settle(context.WithoutCancel(ctx), claimed); err != nil {
		return false, err
	}
	failpoint("settled")
	return again, nil
}

// patience is how often a message may make an adapter panic before it is tried bare.
const patience = 3

// adapterPanic is a panic of an adapter over one message.
type adapterPanic struct {
	platform string
	cause    any
}

func (e *adapterPanic) Error() string { return fmt.Sprintf("panic in %s: %v", e.platform, e.cause) }

// safePost turns a panic of an adapter into an ambiguous error, so that one message cannot stop
// the others.
func safePost(ctx context.Context, p Platform, post Post) (receipt string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &SendError{Fate: Ambiguous, Err: &adapterPanic{p.Name(), r}}
		}
	}()
	return p.Post(ctx, post)
}

// compose makes d ready, or settles it as skipped (done). A composer that panics, or that fails for
// longer than composePatience, does not hold back the alert and those after it: it goes out bare.
func (d *Deliverer) compose(ctx context.Context, next *Delivery) (done bool, err error) {
	skip, err := d.safeCompose(ctx, next)
	if err != nil && ctx.Err() == nil && d.Now().Sub(next.NextTry) > composePatience {
		d.Log.Error("composing keeps failing, telling the bare story", "delivery", next.Key, "err", err)
		skip, err = bare(next), nil
	}
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return false, fmt.Errorf("compose %s: %w", next.Key, err)
	case skip != "":
		next.State, next.Cause = StateSkipped, skip
		d.Log.Debug("nothing to tell", "delivery", next.Key, "reason", skip)
		return true, d.Outbox.Settle(ctx, next)
	}
	if next.Message == nil { // put off: a mute began while it waited
		d.Log.Debug("put off", "delivery", next.Key, "next", next.NextTry)
		return true, d.Outbox.Settle(ctx, next)
	}
	next.State = StateReady
	return false, d.Outbox.SaveMessage(ctx, next)
}

func (d *Deliverer) safeCompose(ctx context.Context, next *Delivery) (skip string, err error) {
	defer func() {
		if r := recover(); r != nil {
			d.Log.Error("composing failed, telling the bare story", "delivery", next.Key, "err", r, "stack", string(debug.Stack()))
			skip, err = bare(next), nil
		}
	}()
	return d.Composer.Compose(ctx, next, d.Now())
}

// bare fills in the least that can be said of a delivery that cannot be composed. An edit is
// skipped: the message that stands there says more.
func bare(d *Delivery) (skip string) {
	switch {
	case d.Kind == KindEdit:
		return "the edit could not be composed"
	case d.Story == 0:
		d.Message = &Message{Title: cmp.Or(d.Watch, "Digest"), Blocks: []Block{Small(markCode("There is more than I could put into a message. `search` finds it.")...)}}
	default:
		d.Message = &Message{Title: fmt.Sprintf("Story %d", d.Story),
			Blocks: []Block{Small(markCode(fmt.Sprintf("The summary failed. `sources %d` shows the reports.", d.Story))...)}}
	}
	return ""
}

// address says where the message of d goes: under or over its story's parent. ok is false when d
// was settled here, because there is nothing to edit.
func (d *Deliverer) address(ctx context.Context, next *Delivery) (post Post, ok bool, err error) {
	post = Post{Key: next.postKey(), Room: next.Room, Thread: next.Thread, To: next.To,
		Broadcast: next.Broadcast, Message: *next.Message}
	if next.Kind != KindEdit && next.Kind != KindUpdate {
		return post, true, nil
	}
	parent, err := d.Outbox.Parent(ctx, next.Room, next.Story)
	if err != nil {
		return post, false, fmt.Errorf("find the parent of %s: %w", next.Key, err)
	}
	switch {
	case parent == nil && next.Kind == KindEdit:
		next.State, next.Cause = StateSkipped, "there is no message to edit"
		return post, false, d.Outbox.Settle(ctx, next)
	case parent != nil && next.Kind == KindEdit:
		post.Edit = parent.Receipt
	case parent != nil:
		post.Thread = parent.Receipt
	}
	return post, true, nil
}
