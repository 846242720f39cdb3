package feeds

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRetryAfterIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                               0,
		"120":                            2 * time.Minute,
		" 7 ":                            7 * time.Second,
		"0":                              0,
		"-5":                             0,
		"3.5":                            0,
		"soon":                           0,
		"1e9":                            0,
		"99999999":                       24 * time.Hour,
		"9223372036854775807":            24 * time.Hour,
		"99999999999999999999999999":     24 * time.Hour,
		"Sun, 01 Mar 2026 12:10:00 GMT":  10 * time.Minute,
		"Sun, 01 Mar 2026 11:00:00 GMT":  0,
		"Fri, 31 Dec 9999 23:59:59 GMT":  24 * time.Hour,
		"Sunday, 01-Mar-26 12:00:30 GMT": 30 * time.Second,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("Retry-After %q: %v, want %v", header, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "-1", "99999999999999999999", "Sun, 01 Mar 2026 12:10:00 GMT", "\x00", "+5"} {
		f.Add(s)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		if d := retryAfter(header, now); d < 0 || d > maxRetryAfter {
			t.Errorf("Retry-After %q: %v", header, d)
		}
		if d := freshFor(http.Header{"Cache-Control": {header}, "Age": {header}}); d < 0 || d > maxFreshFor {
			t.Errorf("Cache-Control %q: %v", header, d)
		}
	})
}

func TestFreshForIsMaxAgeLessAge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		control, age string
		want         time.Duration
	}{
		{"max-age=300", "", 5 * time.Minute},
		{"public, Max-Age=300", "100", 200 * time.Second},
		{"max-age=300", "400", 0},
		{"max-age=300, no-cache", "", 0},
		{"no-store", "", 0},
		{"max-age=31536000", "", time.Hour},
		{"max-age=-1", "", 0},
		{"max-age=99999999999999999999", "", 0},
		{"", "", 0},
	} {
		h := http.Header{"Cache-Control": {c.control}, "Age": {c.age}}
		if got := freshFor(h); got != c.want {
			t.Errorf("%q, age %q: %v, want %v", c.control, c.age, got, c.want)
		}
	}
}

func mustSchedule(t *testing.T, spec string) *Schedule {
	t.Helper()
	s, err := ParseSchedule(spec, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBackOffGrowsAndNeverStops(t *testing.T) {
	t.Parallel()
	f := &Feed{Name: "wire", URL: "http://wire.test/feed"}
	for _, spec := range []string{"@every 10s", "*/5 * * * *", "@hourly", "0 7 * * *", "@monthly"} {
		s := mustSchedule(t, spec)
		now := day("2026-03-01")
		st := startState(f, addressHash(f.URL), State{})
		var last time.Duration
		for n := range 200 {
			st = advance(f, s, st, answer{err: fail(FailServer, "HTTP 500")}, now)
			wait := st.NextDue.Sub(now)
			if wait <= 0 || wait > maxBackOff*5/4 {
				t.Fatalf("%s: %v after %d failures", spec, wait, n+1)
			}
			if n < 5 && wait < last {
				t.Errorf("%s: %v after %d failures, and %v before", spec, wait, n+1, last)
			}
			last, now = wait, st.NextDue
		}
		if last < maxBackOff*3/4 {
			t.Errorf("%s: %v after 200 failures", spec, last)
		}
		if st.Failures != 200 || st.FailingSince != day("2026-03-01") || st.Failure != FailServer || st.Detail != "the server has an error of its own (HTTP 500)" {
			t.Errorf("%s: %+v", spec, st)
		}
		st = advance(f, s, st, answer{resp: &Response{}, doc: &Document{}}, now)
		if st.Failures != 0 || st.Failure != "" || st.Detail != "" || !st.FailingSince.IsZero() || st.LastGood != now {
			t.Errorf("%s: after a good poll %+v", spec, st)
		}
	}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	t.Parallel()
	f, now := &Feed{Name: "wire"}, day("2026-03-01")
	err := fail(FailRateLimited, "HTTP 429")
	err.RetryAfter = 5 * time.Hour
	st := advance(f, mustSchedule(t, "@every 1m"), State{}, answer{err: err}, now)
	if st.NextDue != now.Add(5*time.Hour) {
		t.Errorf("next %v", st.NextDue)
	}
}

func TestAFeedThatIsGoneStopsUntilItsAddressChanges(t *testing.T) {
	t.Parallel()
	f, s, now := &Feed{Name: "wire", URL: "http://wire.test/a"}, mustSchedule(t, "@every 1m"), day("2026-03-01")
	st := advance(f, s, startState(f, addressHash(f.URL), State{}), answer{err: fail(FailGone, "HTTP 410")}, now)
	if !st.Stopped || !startState(f, addressHash(f.URL), st).Stopped {
		t.Errorf("not stopped: %+v", st)
	}
	f.URL = "http://wire.test/b"
	if st := startState(f, addressHash(f.URL), st); st.Stopped || st.ETag != "" || !st.NextDue.IsZero() {
		t.Errorf("still stopped at its new address: %+v", st)
	}
}

func TestAMoveIsBelievedOnlyAfterAWhile(t *testing.T) {
	t.Parallel()
	f, s, now := &Feed{Name: "wire", URL: "http://wire.test/old"}, mustSchedule(t, "@every 1m"), day("2026-03-01")
	const there = "https://wire.test/new?key=s3cret"
	st := startState(f, addressHash(f.URL), State{})
	for n := range movedTrust {
		if got := st.address(f); got != f.URL {
			t.Fatalf("after %d polls %s is asked", n, got)
		}
		st = advance(f, s, st, answer{resp: &Response{Moved: there}, doc: &Document{}}, now)
	}
	if got := st.address(f); got != there {
		t.Errorf("after %d polls %s is asked", movedTrust, got)
	}
	st = advance(f, s, st, answer{resp: &Response{NotModified: true}}, now)
	if st.address(f) != there || !strings.Contains(st.Note, "moved for good") || strings.Contains(st.Note, "s3cret") {
		t.Errorf("note %q, asks %s", st.Note, st.address(f))
	}
	st = advance(f, s, st, answer{err: fail(FailHTML, "Login")}, now)
	if st.address(f) != f.URL {
		t.Errorf("the new address fails, and still %s is asked", st.address(f))
	}

	// One redirect to a page that is no feed changes nothing.
	st = advance(f, s, startState(f, addressHash(f.URL), State{}), answer{err: fail(FailLogin, "")}, now)
	if st.Moved != "" || st.MovedSeen != 0 {
		t.Errorf("a login page moved the feed: %+v", st)
	}
}

func TestMaxAgePutsTheNextPollOff(t *testing.T) {
	t.Parallel()
	f, now := &Feed{Name: "wire", Jitter: -1}, day("2026-03-01")
	r := &Response{FreshFor: 12 * time.Minute}
	st := advance(f, mustSchedule(t, "*/5 * * * *"), State{}, answer{resp: r, doc: &Document{}}, now)
	if want := now.Add(15 * time.Minute); st.NextDue != want {
		t.Errorf("next %v, want %v", st.NextDue, want)
	}
}

func TestFeedsOfOneScheduleAreSpreadOverTheInterval(t *testing.T) {
	t.Parallel()
	s := mustSchedule(t, "*/10 * * * *")
	now := day("2026-03-01")
	perSecond := map[int64]int{}
	const feeds = 5000
	for i := range feeds {
		f := &Feed{Name: fmt.Sprint("feed", i), URL: fmt.Sprintf("http://site%d.test/feed", i)}
		next := nextPoll(f, s, now)
		perSecond[next.Unix()]++
		if again := nextPoll(f, s, next); again.Sub(next) != 10*time.Minute {
			t.Fatalf("%v between two polls", again.Sub(next))
		}
		if next.Before(now) || next.Sub(now) > 10*time.Minute {
			t.Fatalf("first poll %v after the start", next.Sub(now))
		}
	}
	worst := 0
	for _, n := range perSecond {
		worst = max(worst, n)
	}
	if mean := float64(feeds) / 600; float64(worst) > 3*mean {
		t.Errorf("%d polls in one second, %.1f in the mean", worst, mean)
	}
	daily := &Feed{Name: "daily", URL: "http://daily.test/", Jitter: -1}
	if next := nextPoll(daily, mustSchedule(t, "0 7 * * *"), now); next != now.Add(7*time.Hour) {
		t.Errorf("without jitter at %v", next)
	}
}

func TestNotesSayWhatIsOddAboutAFeedThatWorks(t *testing.T) {
	t.Parallel()
	now := day("2026-03-01")
	f, s := &Feed{Name: "wire"}, mustSchedule(t, "@every 1m")
	undated := &Document{Items: []Item{{Title: "a"}, {Title: "b"}}}
	st := advance(f, s, State{}, answer{resp: &Response{}, doc: undated}, now)
	if st.Note != "gives no item a date" {
		t.Errorf("undated: %q", st.Note)
	}
	if st = advance(f, s, st, answer{resp: &Response{NotModified: true}}, now); st.Note != "gives no item a date" {
		t.Errorf("undated and unchanged: %q", st.Note)
	}
	if st = advance(f, s, st, answer{resp: &Response{}, doc: &Document{}}, now); st.Note != "holds no items" {
		t.Errorf("empty: %q", st.Note)
	}
	st.LastNew = day("2026-01-01")
	st.Note = ""
	if st = advance(f, s, st, answer{resp: &Response{NotModified: true}}, now); st.Note != "nothing new for 59 days" {
		t.Errorf("frozen: %q", st.Note)
	}
	st.LastNew = now
	if st = advance(f, s, st, answer{resp: &Response{NotModified: true}}, now); st.Note != "" {
		t.Errorf("well again: %q", st.Note)
	}
}
