package feeds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"runtime"
	"slices"
	"sync"
	"time"
)

// PollerOptions say how feeds are polled.
type PollerOptions struct {
	// Fetcher makes the requests. Defaults to one with the default options.
	Fetcher *Fetcher

	// Log gets one line per outcome. Defaults to slog.Default().
	Log *slog.Logger

	// Workers is how many requests run side by side; requests that take more than 5 seconds do not
	// count. Defaults to 32.
	Workers int

	// OnPoll is called after each poll, from any goroutine. Defaults to nothing.
	OnPoll func(Outcome)

	// OnFresh is called after items have been stored that are to be read, those of a baseline
	// included, from any goroutine. Defaults to nothing.
	OnFresh func()

	// For tests of clocks that jump, and of parsers with bugs.
	clock func() time.Time // the wall clock
	parse func(doc []byte, opt ParseOptions) (*Document, error)
}

// Poller polls feeds on their schedules and stores what is new. Its methods may be called from any
// goroutine.
type Poller struct {
	store Store
	opts  PollerOptions
	log   *slog.Logger

	turns    *turns
	unsaved  chan struct{} // bounds what is fetched and not yet stored
	parsing  chan struct{} // bounds what parsing costs at one time
	saver    *saver
	articles *articleCache
	news     chan struct{} // items may be waiting for their article
	wake     chan struct{} // the schedule has changed

	mu     sync.Mutex
	loaded bool // the store's states are in
	states map[string]State
	feeds  map[string]*entry
	byURL  map[string][]*entry
	hosts  int // that the feeds are on
	outage outage
	next   time.Time // when the dispatcher looks at the schedule again
}

// entry is a feed with what the Poller knows of it. It stays the same while the feed's name does.
type entry struct {
	feed     Feed
	shared   string // sharedURL of feed
	host     string // hostOf its URL
	address  string // addressHash of its URL
	schedule *Schedule
	state    State
	due      time.Time     // by the monotonic clock; state.NextDue is the same by the calendar
	done     chan struct{} // closed when the poll under way is over; nil when none is
}

// NewPoller makes a Poller without feeds.
func NewPoller(store Store, opts PollerOptions) *Poller {
	if opts.Fetcher == nil {
		opts.Fetcher = NewFetcher(FetchOptions{})
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Workers <= 0 {
		opts.Workers = 32
	}
	if opts.OnPoll == nil {
		opts.OnPoll = func(Outcome) {}
	}
	if opts.OnFresh == nil {
		opts.OnFresh = func() {}
	}
	if opts.parse == nil {
		opts.parse = Parse
	}
	if opts.clock == nil {
		opts.clock = time.Now
	}
	p := &Poller{
		store:   store,
		opts:    opts,
		log:     opts.Log,
		turns:   newTurns(opts.Workers),
		unsaved: make(chan struct{}, 4*opts.Workers),
		parsing: make(chan struct{}, runtime.GOMAXPROCS(0)),
		news:    make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
		feeds:   map[string]*entry{},
		byURL:   map[string][]*entry{},
	}
	p.saver = newSaver(store, opts.Log)
	p.articles = newArticleCache()
	return p
}

// SetFeeds replaces the list of feeds, also while Run runs: a new feed is polled at once, one that
// is gone is polled no more, and one that has stayed goes on as it was. When a schedule cannot be
// read the old list stays, and the error names every such feed.
func (p *Poller) SetFeeds(list []Feed) error {
	schedules, shared := map[string]*Schedule{}, map[[2]string]*Schedule{}
	var problems []error
	for _, f := range list {
		var err error
		s := shared[[2]string{f.Schedule, f.TimeZone}]
		if s == nil {
			s, err = ParseSchedule(cmp.Or(f.Schedule, DefaultSchedule), f.TimeZone)
		}
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("feed %q: %w", f.Name, err))
		case schedules[f.Name] != nil:
			problems = append(problems, fmt.Errorf("feed %q: there are two of this name", f.Name))
		default:
			schedules[f.Name] = s
			shared[[2]string{f.Schedule, f.TimeZone}] = s
		}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	feeds := map[string]*entry{}
	p.byURL = map[string][]*entry{}
	for _, f := range list {
		e := p.feeds[f.Name]
		switch {
		case e == nil:
			e = &entry{}
		case e.feed.URL != f.URL || e.feed.Schedule != f.Schedule || e.feed.TimeZone != f.TimeZone || e.feed.Jitter != f.Jitter:
			e.due = time.Time{}
		}
		e.feed, e.shared, e.host, e.address, e.schedule = f, sharedURL(&f), hostOf(f.URL), addressHash(f.URL), schedules[f.Name]
		feeds[f.Name] = e
		p.byURL[e.shared] = append(p.byURL[e.shared], e)
	}
	p.feeds, p.hosts = feeds, countHosts(feeds)
	if p.loaded {
		p.place()
	}
	p.nudge()
	return nil
}

func countHosts(feeds map[string]*entry) int {
	hosts := map[string]bool{}
	for _, e := range feeds {
		hosts[e.host] = true
	}
	return len(hosts)
}

// server gives the host to be asked.
func (e *entry) server() string {
	if e.state.Address == e.address && e.state.MovedSeen >= movedTrust {
		return hostOf(e.state.Moved)
	}
	return e.host
}

// sharedURL is what feeds that can be served by one request have in common.
func sharedURL(f *Feed) string {
	u, err := url.Parse(f.URL)
	if err != nil {
		return f.URL
	}
	u.Fragment, u.RawFragment = "", ""
	key := u.String()
	for _, k := range slices.Sorted(maps.Keys(f.Headers)) {
		key += "\n" + k + ": " + f.Headers[k]
	}
	return key
}

// Run polls until ctx ends, and then stores what has been fetched. It gives an error only when the
// store cannot say what it knows of the feeds.
func (p *Poller) Run(ctx context.Context) error {
	if err := p.load(ctx); err != nil {
		return err
	}
	var work sync.WaitGroup
	work.Go(func() { p.fetchArticles(ctx) })
	p.dispatch(ctx, &work)
	work.Wait()
	p.saver.flush()
	return nil
}

// load reads the states from the store, once.
func (p *Poller) load(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loaded {
		return nil
	}
	states, err := p.store.States(ctx)
	if err != nil {
		return fmt.Errorf("load the state of the feeds: %w", err)
	}
	p.states, p.loaded = states, true
	p.place()
	return nil
}

func (p *Poller) now() time.Time { return p.opts.clock().Round(0).UTC() }

// nudge lets the dispatcher look at the schedule again.
func (p *Poller) nudge() { signal(p.wake) }

// nudgeFor is nudge for a feed that may be due before the dispatcher looks by itself.
func (p *Poller) nudgeFor(e *entry) {
	if e.due.Before(p.next) {
		p.nudge()
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
