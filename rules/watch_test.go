package rules

import (
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/config/strict"
)

func TestPriorityFollowsTheRoles(t *testing.T) {
	t.Parallel()
	var file struct {
		Priority PriorityRule `yaml:"priority"`
	}
	in := `
priority:
  default: high
  when:
    - {role: "libya == title and @arms-deal >= lead", priority: urgent}
    - {role: "arms-deal == background", priority: low}
`
	if ps := strict.Decode("r.yaml", []byte(in), &file); ps != nil {
		t.Fatal(ps)
	}
	for _, tt := range []struct {
		roles  map[string]string
		want   Priority
		reason string
	}{
		{map[string]string{"libya": "title", "arms-deal": "lead"}, Urgent, "libya == title and @arms-deal >= lead"},
		{map[string]string{"libya": "title", "arms-deal": "background"}, Low, "arms-deal == background"},
		{map[string]string{"libya": "lead", "arms-deal": "body"}, High, ""},
		{map[string]string{"libya": "title"}, High, ""},
		{nil, High, ""},
	} {
		if got, reason := file.Priority.Of(tt.roles); got != tt.want || reason != tt.reason {
			t.Errorf("%v: %v because of %q, want %v because of %q", tt.roles, got, reason, tt.want, tt.reason)
		}
	}
}

func TestMuteTimesKeepToTheirZoneAndDays(t *testing.T) {
	t.Parallel()
	var file struct {
		Mute []MuteTime `yaml:"mute"`
	}
	in := `
mute:
  - {days: [fri], from: "22:00", to: "07:00", zone: Europe/Berlin}
  - {days: [weekend], until: 2026-04-01, reason: no desk}
`
	if ps := strict.Decode("r.yaml", []byte(in), &file); ps != nil {
		t.Fatal(ps)
	}
	w := Watch{Mute: file.Mute}
	for _, tt := range []struct{ at, until string }{
		{"2026-03-20T20:59:00Z", ""},
		{"2026-03-20T21:00:00Z", "2026-03-21T06:00:00Z"},
		{"2026-03-21T05:59:00Z", "2026-03-22T00:00:00Z"}, // Friday's night runs into the weekend
		{"2026-03-22T12:00:00Z", "2026-03-23T00:00:00Z"},
		{"2026-03-23T05:00:00Z", ""},
		{"2026-03-28T04:59:00Z", "2026-03-29T00:00:00Z"},
		{"2026-04-04T12:00:00Z", ""},                     // past until
		{"2026-10-24T04:30:00Z", "2026-10-24T05:00:00Z"}, // summer time
		{"2026-10-31T05:30:00Z", "2026-10-31T06:00:00Z"}, // winter time
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		until, _, muted := w.Muted(at)
		got := ""
		if muted {
			got = until.UTC().Format(time.RFC3339)
		}
		if got != tt.until {
			t.Errorf("at %s muted until %q, want %q", tt.at, got, tt.until)
		}
	}
}

// Clocks in Santiago skip midnight on 6 September 2026, a Sunday, those in Cairo on 24 April, a Friday,
// and those in Berlin two o'clock on 29 March, which they show twice on 25 October.
func TestMuteTimesHoldWhereClocksChange(t *testing.T) {
	t.Parallel()
	zone := func(name string) *time.Location {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return loc
	}
	sunday := MuteTime{Days: []time.Weekday{time.Sunday}, Zone: zone("America/Santiago")}
	noon := MuteTime{From: 12 * time.Hour, To: 13 * time.Hour, Zone: zone("America/Santiago")}
	friday := MuteTime{Days: []time.Weekday{time.Friday}, Zone: zone("Africa/Cairo")}
	night := MuteTime{From: 2*time.Hour + 30*time.Minute, To: 6 * time.Hour, Zone: zone("Europe/Berlin")}
	for _, c := range []struct {
		mute      *MuteTime
		at, until string
	}{
		{&sunday, "2026-09-06T03:59:00Z", ""},
		{&sunday, "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"},
		{&sunday, "2026-09-07T02:59:00Z", "2026-09-07T03:00:00Z"},
		{&sunday, "2026-09-07T03:00:00Z", ""},
		{&noon, "2026-09-06T15:00:00Z", "2026-09-06T16:00:00Z"},
		{&friday, "2026-04-23T21:59:00Z", ""},
		{&friday, "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"},
		{&night, "2026-03-29T00:59:00Z", ""},
		{&night, "2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z"},
		{&night, "2026-10-25T03:30:00Z", "2026-10-25T05:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if until, muted := c.mute.Active(at); muted {
			got = until.UTC().Format(time.RFC3339)
		}
		if got != c.until {
			t.Errorf("in %s at %s muted until %q, want %q", c.mute.Zone, c.at, got, c.until)
		}
	}
}

func TestScopeFailsClosed(t *testing.T) {
	t.Parallel()
	w := Watch{Feeds: []string{"dawn", "tag:pakistan"}, Languages: []string{"pt", "en-GB"}}
	for _, tt := range []struct {
		feed     string
		tags     []string
		language string
		want     bool
	}{
		{"dawn", nil, "pt", true},
		{"dawn", nil, "pt-BR", true},
		{"x", []string{"a", "pakistan"}, "EN-gb", true},
		{"dawn", nil, "en", false},
		{"dawn", nil, "ptx", false},
		{"dawn", nil, "", false},
		{"", nil, "pt", false},
		{"x", nil, "pt", false},
	} {
		if got := w.Covers(tt.feed, tt.tags, tt.language); got != tt.want {
			t.Errorf("%+v is %v", tt, got)
		}
	}
	if !new(Watch).Covers("", nil, "") {
		t.Error("a watch that asks for nothing covers everything")
	}
}

func TestValuesOfAWatchAreChecked(t *testing.T) {
	t.Parallel()
	var file struct {
		Priority PriorityRule `yaml:"priority"`
		Update   UpdatePolicy `yaml:"update"`
		Budget   Budget       `yaml:"budget"`
		Mute     []MuteTime   `yaml:"mute"`
	}
	in := `update: threads
budget: 12
priority: {when: [{role: arms, priority: hgih}, {role: "a == titel", priority: low}, {priority: low}]}
mute:
  - {from: 7am, days: [freitag], zone: Local}
  - {reason: for ever}
  - {until: soon}
  - {zone: ../../etc/passwd, from: "25:00"}
`
	want := `r.yaml:1:9: no update policy is called "threads" (did you mean thread?)
r.yaml:2:9: the budget "12" is not a number of alerts in a while (write 12/day, 3/hour or 50/week)
r.yaml:3:26: "arms" compares no group with a role (write "arms-deal == background")
r.yaml:3:42: no priority is called "hgih" (did you mean high?)
r.yaml:3:56: no role is called "titel" (did you mean title?)
r.yaml:3:86: role is missing
r.yaml:5:12: "7am" is not a time of day (write 07:00 or 22:30)
r.yaml:5:24: no day is called "freitag" (known here: weekdays, weekend, sun, mon, tue, wed, thu, fri, sat)
r.yaml:5:40: no time zone is called "Local" (write UTC or a name such as Europe/Berlin)
r.yaml:6:5: a mute time without days, from, to or until mutes for ever (say when, or delete the watch)
r.yaml:7:13: "soon" is not a date or time (write 2026-03-31 or 2026-03-31T09:00:00Z)
r.yaml:8:12: no time zone is called "../../etc/passwd" (write UTC or a name such as Europe/Berlin)
r.yaml:8:36: "25:00" is not a time of day (write 07:00 or 22:30)`
	if got := strict.Decode("r.yaml", []byte(in), &file).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
