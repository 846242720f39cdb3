package feeds

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	// movedTrust is how many polls in a row must find the feed at its new address before the old
	// one is no longer asked.
	movedTrust = 5

	// maxBackOff bounds the time between two tries of a feed that fails. It never stops being
	// tried: a feed that comes back after a year is noticed within hours.
	maxBackOff = 6 * time.Hour

	// firstBackOff is the time to the second try, for schedules that are not more frequent.
	firstBackOff = 10 * time.Minute

	// quietNote is how long a feed may bring nothing new before its state says so.
	quietNote = 30 * 24 * time.Hour
)

// answer is what one request for a feed came to: a failure, or a response, with the document in it
// unless that has not changed.
type answer struct {
	err      *FetchError
	resp     *Response
	bodyHash string
	doc      *Document // nil when the document is the one that we know
}

// startState gives the state from which a feed is polled: that of the last poll, or a new one when
// the feed has another address than then. address is the hash of its URL.
func startState(f *Feed, address string, saved State) State {
	if saved.Address != address {
		return State{Feed: f.Name, Address: address, LastNew: saved.LastNew}
	}
	return saved
}

// advance gives the state of a feed after a poll, all but LastNew. It is a pure function.
func advance(f *Feed, s *Schedule, before State, a answer, now time.Time) State {
	st := before
	st.Polled = now
	if a.err != nil {
		return failed(f, s, st, a.err, now)
	}
	st.LastGood = now
	st.Failure, st.Detail, st.Failures, st.FailingSince, st.Stopped = "", "", 0, time.Time{}, false
	r := a.resp
	if r.ETag != "" || !r.NotModified {
		st.ETag = r.ETag
	}
	if r.LastModified != "" || !r.NotModified {
		st.LastModified = r.LastModified
	}
	if a.bodyHash != "" {
		st.BodyHash = a.bodyHash
	}
	st.Moved, st.MovedSeen = moved(before, r)
	if a.doc != nil {
		st.Title, st.ItemCount = oneLine(a.doc.Title), len(a.doc.Items)
	}
	st.Note = note(st, a.doc, now)
	st.NextDue = nextPoll(f, s, now)
	if fresh := now.Add(r.FreshFor); fresh.After(st.NextDue) {
		st.NextDue = nextPoll(f, s, fresh.Add(-time.Nanosecond))
	}
	return st
}

// moved counts how often in a row the feed was found at the same new address.
func moved(before State, r *Response) (address string, seen int) {
	switch {
	case before.MovedSeen >= movedTrust && (r.Moved == "" || r.Moved == before.Moved):
		return before.Moved, before.MovedSeen // we asked the new address itself
	case r.Moved == "":
		return "", 0
	case r.Moved == before.Moved:
		return before.Moved, before.MovedSeen + 1
	}
	return r.Moved, 1
}

// address gives the URL to be asked.
func (st *State) address(f *Feed) string {
	if st.MovedSeen >= movedTrust {
		return st.Moved
	}
	return f.URL
}

func failed(f *Feed, s *Schedule, st State, err *FetchError, now time.Time) State {
	if st.Failures == 0 {
		st.FailingSince = now
	}
	st.Failures++
	st.Failure, st.Detail = err.Failure, err.Error()
	st.Note = ""
	if st.MovedSeen >= movedTrust { // the new address does not work: ask the one that we were given
		st.Moved, st.MovedSeen = "", 0
	}
	if err.Failure == FailGone {
		st.Stopped = true
		st.NextDue = time.Time{}
		return st
	}
	if err.RetryAfter > 0 { // the server knows best
		st.NextDue = newest(now.Add(err.RetryAfter), nextPoll(f, s, now))
		return st
	}
	st.NextDue = now.Add(backOff(f.Name, s.Interval(), st.Failures))
	return st
}

// backOff gives the time to the next try after so many failures in a row: twice as long each time,
// a little more or less by the feed's name, so that the feeds of a host that was down do not all
// come back at once.
func backOff(name string, interval time.Duration, failures int) time.Duration {
	wait := min(interval, firstBackOff) << min(failures-1, 16)
	wait = min(wait, maxBackOff)
	spread := delayOf(fmt.Sprint(name, failures), wait/2)
	return wait*3/4 + spread
}

// nextPoll gives the first moment after t at which the feed is to be polled, its delay included.
func nextPoll(f *Feed, s *Schedule, t time.Time) time.Time {
	delay := delayOf(f.URL, jitter(f, s))
	return s.Next(t.Add(-delay)).Add(delay)
}

func jitter(f *Feed, s *Schedule) time.Duration {
	if f.Jitter != 0 {
		return max(f.Jitter, 0)
	}
	if s.every > 0 {
		return 0 // it counts from the last poll, and the first ones are spread anyhow
	}
	return min(s.Interval(), 10*time.Minute)
}

// note says what is odd about a feed that works. doc is nil when it has not changed.
func note(st State, doc *Document, now time.Time) string {
	switch {
	case st.MovedSeen >= movedTrust:
		return "has moved for good to " + Redact(st.Moved) + "; put the new address into the config"
	case doc != nil && len(doc.Items) == 0:
		return "holds no items"
	case doc != nil && allUndated(doc.Items):
		return "gives no item a date"
	case !st.LastNew.IsZero() && now.Sub(st.LastNew) > quietNote:
		return "nothing new for " + strconv.Itoa(int(now.Sub(st.LastNew)/(24*time.Hour))) + " days"
	case doc == nil && !isQuietNote(st.Note):
		return st.Note
	}
	return ""
}

func isQuietNote(s string) bool { return strings.HasPrefix(s, "nothing new") }

func allUndated(items []Item) bool {
	for i := range items {
		if !items[i].Published.IsZero() || !items[i].Updated.IsZero() {
			return false
		}
	}
	return true
}

func addressHash(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:16])
}
