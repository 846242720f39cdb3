package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/config/strict"
)

// MuteTime is a time in which a watch holds its alerts back: certain hours of certain days, every
// week, or one stretch until a date.
type MuteTime struct {
	Days     []time.Weekday // on which it begins. Empty means every day.
	From, To time.Duration  // since midnight. To at or before From ends on the next day.
	Zone     *time.Location // Defaults to UTC.
	Until    time.Time      // when it stops to apply. Zero means never.
	Reason   string         // for people
}

// Active tells whether t lies in the mute time, and when that ends.
func (m *MuteTime) Active(t time.Time) (until time.Time, active bool) {
	if !m.Until.IsZero() && !t.Before(m.Until) {
		return time.Time{}, false
	}
	zone := m.Zone
	if zone == nil {
		zone = time.UTC
	}
	local := t.In(zone)
	// A mute time that began yesterday may still last.
	for _, back := range []int{0, 1} {
		day := time.Date(local.Year(), local.Month(), local.Day()-back, 0, 0, 0, 0, time.UTC)
		if !m.begins(day.Weekday()) {
			continue
		}
		from, to := clockOn(day, m.From, zone), clockOn(day, m.To, zone)
		if m.To <= m.From {
			to = clockOn(day.AddDate(0, 0, 1), m.To, zone)
		}
		if !t.Before(from) && t.Before(to) {
			if !m.Until.IsZero() && m.Until.Before(to) {
				to = m.Until
			}
			return to, true
		}
	}
	return time.Time{}, false
}

func (m *MuteTime) begins(d time.Weekday) bool {
	if len(m.Days) == 0 {
		return true
	}
	for _, day := range m.Days {
		if day == d {
			return true
		}
	}
	return false
}

// clockOn is the instant at which the clocks of a zone show so long after midnight on a day, which is
// given in UTC; where they skip that time, the first instant after it.
func clockOn(day time.Time, since time.Duration, zone *time.Location) time.Time {
	want := day.Add(since)
	at := time.Date(want.Year(), want.Month(), want.Day(), want.Hour(), want.Minute(), 0, 0, zone)
	shown := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
	switch before, after := at.ZoneBounds(); {
	case shown.Before(want):
		return after
	case shown.After(want):
		return before
	}
	return at
}

// Muted tells whether the watch holds alerts back at t, and until when.
func (w *Watch) Muted(t time.Time) (until time.Time, reason string, muted bool) {
	for i := range w.Mute {
		if end, ok := w.Mute[i].Active(t); ok && (!muted || end.After(until)) {
			until, reason, muted = end, w.Mute[i].Reason, true
		}
	}
	return until, reason, muted
}

// muteSpec is a mute time as a file gives it.
type muteSpec struct {
	Days   []strict.Located[string] `yaml:"days" jsonschema_description:"mon to sun, weekdays or weekend. Every day when left out."`
	From   strict.Located[string]   `yaml:"from" jsonschema_description:"A time of day: 22:00. Midnight when left out."`
	To     strict.Located[string]   `yaml:"to" jsonschema_description:"A time of day, on the next day when it is before from."`
	Zone   strict.Located[string]   `yaml:"zone" jsonschema_description:"A time zone such as Europe/Berlin. UTC when left out."`
	Until  strict.Located[string]   `yaml:"until" jsonschema_description:"When it stops to apply: 2026-03-31."`
	Reason string                   `yaml:"reason" jsonschema_description:"Why, for people."`
}

// DecodeStrict reads {days: [sat, sun], from: "22:00", to: "07:00", zone: Europe/Berlin,
// until: 2026-12-01, reason: …}. Without from and to the whole days are meant.
func (m *MuteTime) DecodeStrict(n *strict.Node) {
	var file muteSpec
	if !n.Decode(&file) {
		return
	}
	m.Reason = file.Reason
	for _, d := range file.Days {
		m.Days = append(m.Days, weekdays(d)...)
	}
	m.From, m.To = clock(file.From), clock(file.To)
	if !file.From.Given() && !file.To.Given() && len(file.Days) == 0 && !file.Until.Given() {
		n.Fail("a mute time without days, from, to or until mutes for ever", "say when, or delete the watch")
	}
	m.Zone = time.UTC
	if file.Zone.Given() {
		zone, err := loadZone(file.Zone.Value)
		if err != nil {
			file.Zone.Fail(err)
		} else {
			m.Zone = zone
		}
	}
	if file.Until.Given() {
		until, err := parseTime(file.Until.Value, m.Zone)
		if err != nil {
			file.Until.Fail(err)
		}
		m.Until = until
	}
}

// loadZone finds a time zone by its name in the time zone database, and nothing else: a name is
// never a path, and the zone of the machine is not one that a rule file may depend on.
func loadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		return nil, &valueError{fmt.Sprintf("no time zone is called %q", name), "write UTC or a name such as Europe/Berlin"}
	}
	return zone, nil
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func weekdays(s strict.Located[string]) []time.Weekday {
	name := strings.ToLower(s.Value)
	switch name {
	case "weekend":
		return []time.Weekday{time.Saturday, time.Sunday}
	case "weekdays":
		return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	}
	for i, day := range dayNames {
		if name == day || name == strings.ToLower(time.Weekday(i).String()) {
			return []time.Weekday{time.Weekday(i)}
		}
	}
	s.Fail(choice("day", s.Value, append([]string{"weekdays", "weekend"}, dayNames...)))
	return nil
}

func clock(s strict.Located[string]) time.Duration {
	if !s.Given() {
		return 0
	}
	if s.Value == "24:00" {
		return 24 * time.Hour
	}
	t, err := time.Parse("15:04", s.Value)
	if err != nil {
		s.Fail(&valueError{fmt.Sprintf("%q is not a time of day", s.Value), "write 07:00 or 22:30"})
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// parseTime reads an instant, or a date: the midnight with which it begins.
func parseTime(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &valueError{fmt.Sprintf("%q is not a date or time", s), "write 2026-03-31 or 2026-03-31T09:00:00Z"}
}
