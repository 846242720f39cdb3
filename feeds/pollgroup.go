package feeds

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// pollGroup polls feeds that share a URL with one request, stores the result, and plans their next
// poll. It gives no outcome for what could not be stored: then nothing of it counts, and the next
// poll gets the same document again.
func (p *Poller) pollGroup(ctx context.Context, group []*entry) []Outcome {
	began := time.Now()
	var polls []*Poll
	p.mu.Lock()
	jobs := make([]job, len(group))
	for i, e := range group {
		jobs[i] = job{entry: e, feed: e.feed, schedule: e.schedule, before: startState(&e.feed, e.address, e.state)}
	}
	p.mu.Unlock()

	err := p.turns.work(ctx, func() {
		polls = p.fetchGroup(ctx, jobs)
		p.unsaved <- struct{}{}
	})
	var decisions []Decision
	if err == nil {
		decisions, err = p.save(ctx, jobs, polls)
		<-p.unsaved
	}
	if err != nil {
		if ctx.Err() == nil {
			p.log.Debug("poll without effect", "feed", jobs[0].feed.Name, "err", err)
		}
		p.finish(jobs, nil)
		return nil
	}
	outcomes := p.finish(jobs, decisions)
	for i := range outcomes {
		o := &outcomes[i]
		o.Took = time.Since(began)
		o.Unchanged = jobs[i].unchanged
		p.logOutcome(o, jobs[i].before.Failure)
		p.opts.OnPoll(*o)
		if o.Fresh+o.Revised+o.Baseline > 0 {
			p.opts.OnFresh()
		}
		if o.Waiting+o.Revised > 0 {
			signal(p.news)
		}
	}
	return outcomes
}

// job is one feed of a group, as it was when the poll began.
type job struct {
	entry     *entry
	feed      Feed
	schedule  *Schedule
	before    State
	unchanged bool
}

func (j *job) url() string { return j.before.address(&j.feed) }

// save stores the polls and gives what they mean. Those that brought nothing may be stored later.
func (p *Poller) save(ctx context.Context, jobs []job, polls []*Poll) ([]Decision, error) {
	if ctx.Err() != nil && cancelled(polls) {
		return nil, ctx.Err()
	}
	for i := range jobs {
		if !polls[i].Same {
			return p.saver.save(ctx, polls)
		}
	}
	decisions := make([]Decision, len(polls))
	for i := range polls {
		decisions[i] = polls[i].Decide(nil)
		p.saver.saveLater(polls[i])
	}
	return decisions, nil
}

// cancelled tells whether the polls failed only because we are about to stop: that is no failure
// of the feed's.
func cancelled(polls []*Poll) bool {
	return slices.ContainsFunc(polls, func(p *Poll) bool { return p.State.Failure != "" })
}

// fetchGroup makes the request and reads the document for each of the feeds.
func (p *Poller) fetchGroup(ctx context.Context, jobs []job) []*Poll {
	first := &jobs[0]
	r := Request{URL: first.url(), Headers: first.feed.Headers}
	if sameDocument(jobs) {
		r.ETag, r.LastModified = first.before.ETag, first.before.LastModified
	}
	resp, err := p.opts.Fetcher.fetch(ctx, r)
	a := answer{resp: resp}
	if err != nil {
		a.err = failureOf(err)
	} else {
		defer resp.release()
		if !resp.NotModified {
			sum := sha256.Sum256(resp.Body)
			a.bodyHash = hex.EncodeToString(sum[:16])
		}
	}
	polls := make([]*Poll, len(jobs))
	for i := range jobs {
		polls[i] = p.read(ctx, &jobs[i], a)
	}
	return polls
}

// sameDocument tells whether all feeds of a group know the same version of the document.
func sameDocument(jobs []job) bool {
	for i := range jobs {
		if a, b := &jobs[i].before, &jobs[0].before; a.ETag != b.ETag || a.LastModified != b.LastModified || a.BodyHash != b.BodyHash {
			return false
		}
	}
	return jobs[0].before.BodyHash != ""
}

// read makes the poll of one feed out of the answer.
func (p *Poller) read(ctx context.Context, j *job, a answer) *Poll {
	if a.err == nil && !a.resp.NotModified && a.bodyHash != j.before.BodyHash {
		a.doc, a.err = p.parse(ctx, j, a.resp)
	}
	now := p.now()
	poll := &Poll{
		State:    advance(&j.feed, j.schedule, j.before, a, now),
		Article:  j.feed.Article,
		First:    j.before.LastGood.IsZero(),
		Baseline: j.feed.Baseline,
	}
	j.unchanged = a.err == nil && a.doc == nil
	poll.Same = j.unchanged && onlyTimes(&j.before, &poll.State)
	if a.doc == nil {
		return poll
	}
	poll.Items = oldestFirst(a.doc.Items, now)
	for i := range poll.Items {
		poll.Items[i].Feed = j.feed.Name
	}
	poll.identities() // here rather than inside the transaction
	return poll
}

// onlyTimes tells whether two states differ in nothing but what every poll changes.
func onlyTimes(before, after *State) bool {
	as := *after
	as.Polled, as.LastGood, as.NextDue = before.Polled, before.LastGood, before.NextDue
	return *before == as
}

// parse reads the document. Only so many are read at one time, and a bug in a parser costs one
// feed.
func (p *Poller) parse(ctx context.Context, j *job, resp *Response) (doc *Document, failure *FetchError) {
	if err := take(ctx, p.parsing); err != nil {
		return nil, failureOf(err)
	}
	defer func() { <-p.parsing }()
	defer func() {
		if r := recover(); r != nil {
			p.log.Error("parser panicked", "feed", j.feed.Name, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			doc, failure = nil, fail(FailCrash, "%v", r)
		}
	}()
	doc, err := p.opts.parse(resp.Body, ParseOptions{
		Feed: j.feed.Name, Tags: j.feed.Tags, Language: j.feed.Language, URL: resp.URL, ContentType: resp.ContentType,
	})
	if err != nil {
		return nil, parseFailure(err, resp)
	}
	return doc, nil
}

// parseFailure says why a document cannot be read.
func parseFailure(err error, resp *Response) *FetchError {
	f, detail := FailMalformed, ""
	switch {
	case errors.Is(err, ErrEmpty):
		f, detail = FailEmpty, fmt.Sprintf("%d bytes", len(resp.Body))
	case errors.Is(err, ErrWebPage):
		f, detail = FailHTML, pageTitle(resp.Body)
		if isLogin(resp) {
			f = FailLogin
		}
	case errors.Is(err, ErrTruncated):
		f, detail = FailCut, fmt.Sprintf("%d bytes", len(resp.Body))
	case errors.Is(err, ErrTooLarge):
		f = FailTooLarge
	case errors.Is(err, ErrNotFeed):
		f, detail = FailNotFeed, strings.TrimSpace(cutBytes(resp.ContentType, 60))
	default:
		detail = redactText(err.Error())
	}
	return &FetchError{Failure: f, Detail: oneLine(detail), Err: err}
}

// isLogin tells a page that wants a password from other pages.
func isLogin(resp *Response) bool {
	page := bytes.ToLower(resp.Body[:min(len(resp.Body), 256<<10)])
	if bytes.Contains(page, []byte(`type="password"`)) || bytes.Contains(page, []byte(`type='password'`)) || bytes.Contains(page, []byte("type=password")) {
		return true
	}
	u, err := url.Parse(resp.URL)
	if err != nil {
		return false
	}
	path := strings.ToLower(u.Path)
	return strings.Contains(path, "login") || strings.Contains(path, "signin") || strings.Contains(path, "/sso")
}

// oldestFirst puts the items of a document into the order in which they happened, as far as they
// tell; documents have the newest first. It sets when they were seen.
func oldestFirst(items []Item, now time.Time) []Item {
	slices.Reverse(items)
	for i := range items {
		items[i].Seen = now
	}
	slices.SortStableFunc(items, func(a, b Item) int { return a.Time().Compare(b.Time()) })
	return items
}

// finish takes over what was stored, or nothing when it could not be, and plans the next poll.
func (p *Poller) finish(jobs []job, decisions []Decision) []Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	outcomes := make([]Outcome, 0, len(jobs))
	now, wall := time.Now(), p.now()
	for i := range jobs {
		j, e := &jobs[i], jobs[i].entry
		close(e.done)
		e.done = nil
		if decisions == nil {
			e.due = now.Add(notStoredWait)
			p.nudgeFor(e)
			continue
		}
		d := &decisions[i]
		d.State.NextDue = p.outage.adjust(&j.feed, d.State, wall, p.hosts)
		if e.address == d.State.Address { // it may have been changed in the meantime
			e.state = d.State
			e.due = now.Add(d.State.NextDue.Sub(wall))
		}
		p.nudgeFor(e)
		o := Outcome{Feed: j.feed.Name, State: d.State,
			Fresh: d.Fresh, Waiting: d.Waiting, Baseline: d.Baseline, Revised: d.Revised, Known: d.Known}
		if d.State.Failure == "" && !j.before.FailingSince.IsZero() {
			o.Recovered = d.State.Polled.Sub(j.before.FailingSince)
		}
		o.outage = isNetwork(d.State.Failure) && p.hosts > 1 && p.outage.on(p.hosts)
		outcomes = append(outcomes, o)
	}
	if p.outage.begins() {
		p.log.Warn("more than half of the hosts cannot be reached: is the network away?", "hosts", p.hosts)
	}
	if p.outage.over() {
		p.retryAfterOutage(now)
		p.nudge()
	}
	return outcomes
}

// notStoredWait is how long a feed rests whose result the store would not take.
const notStoredWait = 30 * time.Second

var errStore = errors.New("the store did not take the result; the log says why")

func errNotStored(ctx context.Context) error { return cmp.Or(ctx.Err(), errStore) }

// logOutcome writes the one line about a poll.
func (p *Poller) logOutcome(o *Outcome, before Failure) {
	level, msg := slog.LevelDebug, "polled"
	var more []any
	switch {
	case o.State.Failure != "":
		level, msg = slog.LevelWarn, "feed failed"
		switch {
		case o.State.Failure == before:
			level, msg = slog.LevelInfo, "feed still fails"
		case o.outage:
			level = slog.LevelInfo // one line tells of all of them
		}
		more = []any{"failure", string(o.State.Failure), "hint", o.State.Failure.Hint(), "failures", o.State.Failures}
	case o.Recovered > 0:
		level, msg = slog.LevelInfo, "feed works again"
		more = []any{"after", o.Recovered.Round(time.Second)}
	case o.New()+o.Baseline > 0:
		level = slog.LevelInfo
	}
	if !o.State.Stopped {
		more = append([]any{"next", o.State.NextDue}, more...)
	}
	if p.log.Enabled(context.Background(), level) {
		p.log.With("feed", o.Feed, "outcome", o.String(), "took", o.Took.Round(time.Millisecond)).
			Log(context.Background(), level, msg, more...)
	}
}
