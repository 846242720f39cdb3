package bot

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/time/rate"
)

// lane is a platform with what holds it back.
type lane struct {
	Platform
	pace  Pace
	all   *rate.Limiter
	held  time.Time // nothing is posted before this: the platform refused our token
	holds int

	limit *limit       // of the account
	turns map[Room]int // when each room had its last turn under the limit, counted in turns
	due   int          // rooms that wanted a turn when they were last looked at
}

// newLane makes the lane of a platform. A pace of the whole platform that people can notice is kept by
// choosing who goes next; one that they cannot by waiting.
func newLane(p Platform) *lane {
	pace := p.Pace()
	least, all := time.Duration(0), limiter(pace.All, 1)
	if pace.All >= time.Second {
		least, all = pace.All, limiter(0, 1)
	}
	return &lane{Platform: p, pace: pace, all: all, limit: newLimit(least, cmp.Or(pace.AllBurst, 10)), turns: map[Room]int{}}
}

// waitTurn waits until the pace of room and platform allow the next message. What one person alone
// sees is no message to the room, and does not wait for its pace.
func (d *Deliverer) waitTurn(ctx context.Context, post *Post, lane *lane) error {
	if post.To != "" {
		return lane.all.Wait(ctx)
	}
	d.mu.Lock()
	turn := d.pace[post.Room]
	if turn == nil {
		turn = limiter(lane.pace.Room, lane.pace.Burst)
		d.pace[post.Room] = turn
	}
	d.mu.Unlock()
	if err := turn.Wait(ctx); err != nil {
		return err
	}
	return lane.all.Wait(ctx)
}

// turnTaken makes the next message to the room wait from now on: a post that was long on its way
// came late, and the platform counts from when it came.
func (d *Deliverer) turnTaken(post *Post, lane *lane) {
	if post.To != "" || lane.pace.Room <= 0 || lane.pace.Burst > 1 {
		return
	}
	turn := limiter(lane.pace.Room, 1)
	turn.Allow()
	d.mu.Lock()
	d.pace[post.Room] = turn
	d.mu.Unlock()
}

func limiter(every time.Duration, burst int) *rate.Limiter {
	if every <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Every(every), max(burst, 1))
}
