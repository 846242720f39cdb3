package bot

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// limited says whether the rooms of a platform take turns: its account may post only so fast.
func (d *Deliverer) limited(lane *lane) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return lane.limit.holds()
}

// pause is the time until the first platform lets a message go that lets none go now; zero when there
// is none.
func (d *Deliverer) pause() (first time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.Now()
	for _, lane := range d.platforms {
		if wait := lane.limit.wait(now); wait > 0 && (first == 0 || wait < first) {
			first = wait
		}
	}
	return first
}

// startInTurn starts as many rooms as the account's limit allows, each for one message: those first
// where a person waits for an answer, and then those whose last turn is the longest ago.
func (d *Deliverer) startInTurn(ctx context.Context, lane *lane, rooms []Room) (started int, err error) {
	d.mu.Lock()
	lane.due = len(rooms)
	wait := lane.limit.wait(d.Now())
	d.mu.Unlock()
	if wait > 0 {
		return 0, nil
	}
	asked := map[Room]bool{}
	for _, room := range rooms {
		next, err := d.Outbox.NextDelivery(ctx, room, d.Now())
		if err != nil {
			return 0, fmt.Errorf("look whether %s waits for an answer: %w", room, err)
		}
		asked[room] = next != nil && next.Kind == KindAnswer
	}
	d.mu.Lock()
	slices.SortStableFunc(rooms, func(a, b Room) int {
		if asked[a] != asked[b] {
			if asked[a] {
				return -1
			}
			return 1
		}
		return lane.turns[a] - lane.turns[b]
	})
	d.mu.Unlock()
	for _, room := range rooms {
		if !d.takeTurn(room, lane) {
			continue
		}
		started++
		d.running.Go(func() {
			d.release(room, d.drainRoom(ctx, room, lane, true))
			d.Wake() // for the room whose turn is next
		})
	}
	return started, nil
}

// takeTurn reserves room for one message.
func (d *Deliverer) takeTurn(room Room, lane *lane) bool {
	d.mu.Lock()
	may := lane.limit.wait(d.Now()) == 0
	d.mu.Unlock()
	if !may || !d.take(room, lane) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	lane.limit.take()
	last := 0
	for _, turn := range lane.turns {
		last = max(last, turn)
	}
	lane.turns[room] = last + 1
	return true
}

// endTurn gives a turn back in which nothing was posted.
func (d *Deliverer) endTurn(lane *lane, posted bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !posted {
		lane.limit.giveBack()
	}
}

// mostListed bounds the stories of one digest: a message that every platform takes whole.
const mostListed = 50

// fold makes the oldest of what is owed to a room a digest when posting all of it would take longer
// than the bound. It folds down to half the bound, so that one digest follows another only after a
// while.
func (d *Deliverer) fold(ctx context.Context, room Room, lane *lane) error {
	d.mu.Lock()
	each := max(lane.pace.Room, lane.limit.step*time.Duration(max(lane.due, 1)))
	d.mu.Unlock()
	if each <= 0 || d.Backlog <= 0 {
		return nil
	}
	most := int(d.Backlog / each)
	waiting, err := d.Outbox.Backlog(ctx, room, d.Now())
	if err != nil || len(waiting) <= most {
		return err
	}
	var old []Delivery
	for _, w := range waiting[:len(waiting)-most/2] {
		if (w.Kind == KindNew || w.Kind == KindUpdate) && !w.Repeat && w.State != StateSending {
			old = append(old, w)
		}
	}
	if len(old) < 2 {
		return nil
	}
	d.Log.Warn("what is owed would take too long, the oldest becomes a digest", "room", room, "owed", len(waiting),
		"takes", each*time.Duration(len(waiting)), "bound", d.Backlog, "folded", len(old))
	for part := range slices.Chunk(old, mostListed) {
		if err := d.foldPart(ctx, room, part); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deliverer) foldPart(ctx context.Context, room Room, part []Delivery) error {
	now := d.Now()
	digest := Delivery{Key: MakeKey(room, 0, "digest from "+part[0].Key), Room: room, Kind: KindRollup, State: StateDue, Created: now, NextTry: now}
	keys := make([]string, len(part))
	for i, w := range part {
		keys[i] = w.Key
		if !slices.Contains(digest.Told, w.Story) {
			digest.Told = append(digest.Told, w.Story)
		}
	}
	return d.Outbox.Fold(ctx, digest, keys)
}
