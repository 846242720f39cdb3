package feeds

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule says at which moments something is due, in the clock time of one zone.
//
// Where the clocks change, a schedule of fixed hours ("30 2 * * *") is due once for each time that
// it names: at the first of two 02:30s, and at the first moment after a gap that swallows 02:30. A
// schedule of every hour ("*/10 * * * *") goes on through the repeated hour.
type Schedule struct {
	every time.Duration      // of an @every schedule; else zero
	cron  *cron.SpecSchedule // read as if clocks never changed
	zone  *time.Location

	once     sync.Once
	interval time.Duration
}

// ParseSchedule reads a schedule as Feed.Schedule holds it, and the IANA name of its zone, which
// is UTC when empty. The error names the cause and what to write instead.
func ParseSchedule(spec, zone string) (*Schedule, error) {
	loc, err := loadZone(zone)
	if err != nil {
		return nil, err
	}
	spec = strings.TrimSpace(spec)
	if d, ok := strings.CutPrefix(spec, "@every"); ok {
		every, err := time.ParseDuration(strings.TrimSpace(d))
		if err != nil || every < time.Second {
			return nil, fmt.Errorf("schedule %q: want a duration of at least a second, such as \"@every 10m\"", spec)
		}
		return &Schedule{every: every}, nil
	}
	if strings.Contains(spec, "TZ=") {
		return nil, fmt.Errorf("schedule %q: name the zone as the time zone of the feed, not in the schedule", spec)
	}
	c, err := parseCron(spec)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w; want five fields such as \"*/10 * * * *\", @hourly or \"@every 10m\"", spec, err)
	}
	s := &Schedule{cron: c, zone: loc}
	if s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("schedule %q: never comes, such as 31 February", spec)
	}
	return s, nil
}

func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("time zone %q is not known: want an IANA name such as \"Asia/Karachi\"", name)
	}
	return loc, nil
}

// parseCron guards cron.ParseStandard, which panics on some input.
func parseCron(spec string) (c *cron.SpecSchedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not a cron schedule")
		}
	}()
	if len(spec) > 200 {
		return nil, fmt.Errorf("too long")
	}
	if n := len(strings.Fields(spec)); n != 5 && !strings.HasPrefix(spec, "@") {
		return nil, fmt.Errorf("%d fields, and cron has 5: minute, hour, day of the month, month, day of the week", n)
	}
	parsed, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, err
	}
	c, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("not a cron schedule")
	}
	c.Location = time.UTC
	return c, nil
}

// Next gives the first moment after t, in UTC, at which the schedule is due. It is zero for a
// schedule that never comes.
func (s *Schedule) Next(t time.Time) time.Time {
	switch {
	case s.every > 0:
		return t.UTC().Add(s.every)
	case s.everyHour():
		return s.nextThroughChanges(t)
	}
	wall := wallClock(t, s.zone)
	for {
		if wall = s.cron.Next(wall); wall.IsZero() {
			return wall
		}
		if at := firstMoment(wall, s.zone); at.After(t) {
			return at
		}
	}
}

// Interval gives the shortest time between two moments at which the schedule is due.
func (s *Schedule) Interval() time.Duration {
	s.once.Do(func() { s.interval = s.shortest() })
	return s.interval
}

// shortest looks at a hundred moments, or at those of the first week.
func (s *Schedule) shortest() time.Duration {
	if s.every > 0 {
		return s.every
	}
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	shortest := time.Duration(1<<63 - 1)
	prev := s.Next(start)
	for range 100 {
		next := s.Next(prev)
		if next.IsZero() {
			break
		}
		shortest = min(shortest, next.Sub(prev))
		if next.Sub(start) > 8*24*time.Hour {
			break
		}
		prev = next
	}
	return shortest
}

func (s *Schedule) everyHour() bool {
	const all = 1<<24 - 1
	return s.cron.Hour&all == all
}

// nextThroughChanges reads the clock as it runs, in one stretch of constant offset after another.
func (s *Schedule) nextThroughChanges(t time.Time) time.Time {
	stretch := t
	for {
		_, offset := stretch.In(s.zone).Zone()
		_, end := stretch.In(s.zone).ZoneBounds()
		shift := time.Duration(offset) * time.Second
		wall := s.cron.Next(t.UTC().Add(shift))
		if wall.IsZero() {
			return wall
		}
		if next := wall.Add(-shift); end.IsZero() || next.Before(end) {
			return next
		}
		stretch = end
		t = end.Add(-time.Nanosecond) // so that the first moment of the next stretch counts
	}
}

// wallClock gives what clocks in loc show at t, as a time in UTC.
func wallClock(t time.Time, loc *time.Location) time.Time {
	_, offset := t.In(loc).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// firstMoment gives the first moment at which clocks in loc show wall, in UTC; when they never do,
// because they skip it, the first moment after the gap.
func firstMoment(wall time.Time, loc *time.Location) time.Time {
	// A day to either side is beyond any change that could touch wall.
	_, before := wall.Add(-26 * time.Hour).In(loc).Zone()
	_, after := wall.Add(26 * time.Hour).In(loc).Zone()
	first := wall.Add(-time.Duration(max(before, after)) * time.Second)
	second := wall.Add(-time.Duration(min(before, after)) * time.Second)
	for _, at := range []time.Time{first, second} {
		if wallClock(at, loc).Equal(wall) {
			return at
		}
	}
	gapEnd, _ := second.In(loc).ZoneBounds() // second lies after the gap
	return gapEnd.UTC()
}

// delayOf gives the share of spread by which the thing of that name is later than its schedule
// says: always the same for the same name.
func delayOf(name string, spread time.Duration) time.Duration {
	if spread <= 0 {
		return 0
	}
	sum := sha256.Sum256([]byte(name))
	return time.Duration(binary.BigEndian.Uint64(sum[:8]) % uint64(spread))
}
