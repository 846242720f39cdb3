package story

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/story/summary"
)

// column says whether two items are of one series: the same outlet gives a text of its own the
// same headline day by day.
func column(d, o *doc) bool {
	return sameOutlet(d, o) && d.body >= minBody && o.body >= minBody && abs(d.at-o.at) >= day/2
}

// numbered says whether two headlines of one outlet, which are alike, are of a series that says so
// itself: they name two days ("News bulletin, November 2nd"), or count them ("Key events, day 1,334").
func numbered(d, o *doc) bool {
	if !sameOutlet(d, o) || d.title == o.title {
		return false
	}
	a, b := firstDay(d), firstDay(o)
	return !a.IsZero() && !b.IsZero() && !a.Equal(b) || countsDays(d, o)
}

func sameOutlet(d, o *doc) bool { return d.hosted && o.hosted && d.outlet == o.outlet }

// firstDay is the first date in a headline that names its day and month. Zero for none.
func firstDay(d *doc) time.Time {
	dates := summary.Extract(summary.Source{Title: d.title, Language: d.space.language, Published: time.Unix(d.at, 0).UTC()}).Dates
	for _, t := range dates {
		if t.Precision == summary.Day && strings.ContainsAny(t.Text, "0123456789") {
			return t.Day
		}
	}
	return time.Time{}
}

// countsDays says whether the headlines hold one number each and these have moved as far apart as
// the items are in days.
func countsDays(d, o *doc) bool {
	days := math.Round(float64(d.at-o.at) / day)
	a, ok := onlyNumber(d.title)
	b, same := onlyNumber(o.title)
	return ok && same && days != 0 && a-b == days
}

// onlyNumber gives the number in a headline when there is just one.
func onlyNumber(title string) (n float64, ok bool) {
	for _, w := range text.Words(title) {
		if !hasDigit(w.Folded) {
			continue
		}
		v, err := strconv.ParseFloat(strings.ReplaceAll(w.Folded, ",", ""), 64)
		if err != nil || ok {
			return 0, false
		}
		n, ok = v, true
	}
	return n, ok
}
