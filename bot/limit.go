package bot

import "time"

// limit is how fast one account may post in all its rooms together. It begins with what the platform
// names as its pace, or without any, and learns from what the server asks for when it refuses a
// message for being too fast: servers do not tell their limits beforehand, and admins lift them.
//
// It is a bucket that holds up to burst messages and gains one in each step. The server's own bucket
// was empty when it refused, so that the time from the last message to the one that it would take is
// what it gives one message.
type limit struct {
	least time.Duration // step is never shorter
	burst float64

	step   time.Duration // between two messages; zero while nothing was refused
	left   float64       // messages that may go at once, as of at
	at     time.Time
	posted time.Time // when the last message was taken
	calm   int       // messages taken since the last refusal
}

// Numbers of learning.
const (
	longestStep  = 20 * time.Second // a longer wait is a pause and no pace
	shortestStep = 100 * time.Millisecond
	calmEnough   = 10 // messages without a refusal after which a faster pace is tried
)

func newLimit(least time.Duration, burst int) *limit {
	b := float64(max(burst, 1))
	return &limit{least: least, burst: b, step: least, left: b}
}

// holds says whether messages are counted at all.
func (l *limit) holds() bool { return l.step > 0 }

// wait is how long the next message has to wait from now on; zero when it may go.
func (l *limit) wait(now time.Time) time.Duration {
	l.fill(now)
	if l.step == 0 || l.left >= 1 {
		return 0
	}
	return time.Duration((1 - l.left) * float64(l.step))
}

func (l *limit) fill(now time.Time) {
	if l.step > 0 && now.After(l.at) {
		l.left = min(l.burst, l.left+float64(now.Sub(l.at))/float64(l.step))
	}
	l.at = now
}

// take counts a message that is to be posted; giveBack one that was not.
func (l *limit) take()     { l.left-- }
func (l *limit) giveBack() { l.left++ }

// took notes that the server took a message.
func (l *limit) took(now time.Time) {
	l.posted = now
	if l.calm++; l.calm < calmEnough || l.step <= l.least {
		return
	}
	l.calm = 0
	l.fill(now)
	if l.step = max(l.step/2, l.least); l.step < shortestStep && l.least == 0 {
		l.step = 0
	}
}

// refused notes that the server wants to be left alone for a while.
func (l *limit) refused(now time.Time, after time.Duration) {
	l.calm = 0
	step := after
	// Where we waited and it was not enough, both waits together are what a message takes.
	if gap := now.Sub(l.posted); gap <= max(after, l.step+l.step/2) {
		step += gap
	}
	if step <= longestStep {
		l.step = max(l.step, step)
	}
	l.step = max(l.step, shortestStep)
	l.at, l.left = now, 1-float64(after)/float64(l.step)
}
