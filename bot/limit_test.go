package bot

import (
	"testing"
	"time"
)

// bucket is a server's limit: burst messages at once, and then one in each step.
type bucket struct {
	step  time.Duration
	burst float64
	left  float64
	at    time.Time
}

// post takes a message, or says for how long to wait.
func (b *bucket) post(now time.Time) (wait time.Duration) {
	b.left = min(b.burst, b.left+float64(now.Sub(b.at))/float64(b.step))
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) * float64(b.step))
	}
	b.left--
	return 0
}

// post posts n messages as fast as l lets them go, each 100 ms on its way, and says how long they
// took and how often the server refused.
func (l *limit) post(b *bucket, now *time.Time, n int) (took time.Duration, refused int) {
	began := *now
	for n > 0 {
		*now = now.Add(l.wait(*now))
		l.take()
		*now = now.Add(100 * time.Millisecond)
		if wait := b.post(*now); wait > 0 {
			refused++
			l.refused(*now, wait)
			continue
		}
		l.took(*now)
		n--
	}
	return now.Sub(began), refused
}

func TestPaceIsLearnedFromWhatTheServerRefuses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	b := &bucket{step: 5 * time.Second, burst: 10, left: 10, at: now}
	l := newLimit(0, 10)
	if took, refused := l.post(b, &now, 10); took != time.Second || refused != 0 {
		t.Errorf("a burst took %v with %d refusals", took, refused)
	}
	if took, refused := l.post(b, &now, 40); took > 40*5*time.Second || refused > 8 {
		t.Errorf("40 messages beyond the burst took %v with %d refusals", took, refused)
	}
	now = now.Add(time.Hour)
	if took, refused := l.post(b, &now, 10); took > 2*time.Second || refused != 0 {
		t.Errorf("a burst after an hour took %v with %d refusals", took, refused)
	}
	b.step = time.Millisecond // an admin lifts the limit
	l.post(b, &now, 100)
	if took, _ := l.post(b, &now, 100); took > 11*time.Second {
		t.Errorf("with the limit lifted 100 messages took %v", took)
	}
}

func TestPauseOfAServerIsNoPace(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := newLimit(0, 10)
	l.took(now)
	l.refused(now, time.Hour)
	if wait := l.wait(now); wait != time.Hour {
		t.Errorf("waits %v", wait)
	}
	now = now.Add(59 * time.Minute)
	if wait := l.wait(now); wait < 59*time.Second || wait > time.Minute {
		t.Errorf("a minute before the end it waits %v", wait)
	}
	now = now.Add(time.Minute)
	b := &bucket{step: time.Millisecond, burst: 10, left: 10, at: now}
	if took, _ := l.post(b, &now, 100); took > 20*time.Second {
		t.Errorf("after the pause 100 messages took %v", took)
	}
}

func TestConfiguredPaceIsKeptWhateverTheServerTakes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	b := &bucket{step: time.Millisecond, burst: 10, left: 10, at: now}
	l := newLimit(2*time.Second, 3)
	if took, _ := l.post(b, &now, 3); took > time.Second {
		t.Errorf("a burst took %v", took)
	}
	if took, _ := l.post(b, &now, 30); took < 58*time.Second || took > 62*time.Second {
		t.Errorf("30 messages took %v", took)
	}
}
