package feeds

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// network is one in which time is not real: servers by host name, reached through pipes. Tests in
// a synctest bubble poll it for days in milliseconds.
type network struct {
	mu    sync.Mutex
	hosts map[string]http.HandlerFunc
	down  bool
	hits  []hit
	open  map[string]int // requests under way, by host
	most  map[string]int // the largest number that were
}

type hit struct {
	at          time.Time
	host, path  string
	conditional bool
}

func newNetwork() *network {
	return &network{hosts: map[string]http.HandlerFunc{}, open: map[string]int{}, most: map[string]int{}}
}

func (n *network) dial(_ context.Context, _, addr string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(addr)
	n.mu.Lock()
	down, known := n.down, n.hosts[host] != nil
	n.mu.Unlock()
	if down || !known {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	}
	client, server := net.Pipe()
	go n.answer(server)
	return client, nil
}

// answer serves one request. Its context ends when the client hangs up.
func (n *network) answer(c net.Conn) {
	defer c.Close()
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, c)
		cancel()
	}()
	w := httptest.NewRecorder()
	n.serve(w, r.WithContext(ctx))
	resp := w.Result()
	resp.Close = true
	resp.Write(c)
}

func (n *network) serve(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	n.hits = append(n.hits, hit{time.Now(), r.Host, r.URL.Path, r.Header.Get("If-None-Match") != ""})
	n.open[r.Host]++
	n.most[r.Host] = max(n.most[r.Host], n.open[r.Host])
	h := n.hosts[r.Host]
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		n.open[r.Host]--
		n.mu.Unlock()
	}()
	h(w, r)
}

// set changes a server, also while it runs.
func (n *network) set(host string, h http.HandlerFunc) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[host] = h
}

func (n *network) setDown(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
}

// times gives when a host was asked.
func (n *network) times(host string) []time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []time.Time
	for _, h := range n.hits {
		if h.host == host {
			out = append(out, h.at)
		}
	}
	return out
}

// feedOf answers with these items, and with 304 to who has them already.
func feedOf(items []Item) http.HandlerFunc {
	doc := rssOf(items)
	etag := fmt.Sprintf("%q", addressHash(doc))
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, doc)
	}
}

// hang answers nothing until the client gives up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// simulate runs a poller in the network for so long.
func simulate(t *testing.T, n *network, store Store, opts PollerOptions, feeds []Feed, script func(p *Poller)) {
	t.Helper()
	opts.Fetcher = NewFetcher(FetchOptions{dial: n.dial})
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	p := NewPoller(store, opts)
	if err := p.SetFeeds(feeds); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()
	script(p)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	opts.Fetcher.Close()
}

func TestPolitenessOverADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.set("steady.test", feedOf(entries(3, wireItem)))
		n.set("busy.test", status(429, "Retry-After", "7200"))
		n.set("bad.test", status(500))
		n.set("gone.test", status(410))
		n.set("cached.test", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=1800")
			feedOf(nil)(w, r)
		})
		var list []Feed
		for host := range n.hosts {
			list = append(list, Feed{Name: host, URL: "http://" + host + "/feed", Schedule: "*/10 * * * *"})
		}
		list = append(list, Feed{Name: "same", URL: "http://steady.test/feed", Schedule: "*/10 * * * *"})
		simulate(t, n, newMemStore(), PollerOptions{}, list, func(*Poller) { time.Sleep(24*time.Hour + time.Minute) })

		for host, want := range map[string]struct {
			least time.Duration // between two requests
			polls int           // at most
			first int           // at least
		}{
			"steady.test": {10 * time.Minute, 146, 143},
			"busy.test":   {2 * time.Hour, 13, 11},
			"bad.test":    {7 * time.Minute, 12, 8},
			"gone.test":   {0, 1, 1},
			"cached.test": {30 * time.Minute, 49, 46},
		} {
			times := n.times(host)
			if len(times) > want.polls || len(times) < want.first {
				t.Errorf("%s: %d requests, want %d to %d", host, len(times), want.first, want.polls)
			}
			for i := 2; i < len(times); i++ { // the first is at the start, the second at its place in the schedule
				if gap := times[i].Sub(times[i-1]); gap < want.least {
					t.Errorf("%s: asked again after %v, want %v", host, gap, want.least)
					break
				}
			}
		}
		unconditional := 0
		for _, h := range n.hits {
			if h.host == "steady.test" && !h.conditional {
				unconditional++
			}
		}
		if unconditional != 1 {
			t.Errorf("%d unconditional requests", unconditional)
		}
	})
}

func TestHostsThatHangDelayNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		var list []Feed
		for i := range 100 { // 50 hosts that hang, two feeds each, and 16 workers
			host := fmt.Sprintf("tar%d.test", i/2)
			n.set(host, hang)
			list = append(list, Feed{Name: fmt.Sprint("tar", i), URL: fmt.Sprintf("http://%s/%d", host, i), Schedule: "@every 30s"})
		}
		n.set("control.test", feedOf(entries(1, wireItem)))
		list = append(list, Feed{Name: "control", URL: "http://control.test/feed", Schedule: "@every 30s"})
		simulate(t, n, newMemStore(), PollerOptions{Workers: 16}, list, func(*Poller) { time.Sleep(time.Hour) })
		times := n.times("control.test")
		if len(times) < 100 {
			t.Fatalf("%d polls of the control feed in an hour", len(times))
		}
		for i := 2; i < len(times); i++ {
			if gap := times[i].Sub(times[i-1]); gap > 45*time.Second {
				t.Errorf("%v between two polls of the control feed", gap)
			}
		}
	})
}

func TestAHostIsAskedTwiceAtATimeAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		var list []Feed
		n.set("big.test", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			feedOf(nil)(w, r)
		})
		for i := range 50 {
			list = append(list, Feed{Name: fmt.Sprint(i), URL: fmt.Sprintf("http://big.test/%d", i), Schedule: "@hourly"})
		}
		simulate(t, n, newMemStore(), PollerOptions{}, list, func(*Poller) { time.Sleep(3 * time.Hour) })
		if n.most["big.test"] != perHost {
			t.Errorf("%d requests at the same time", n.most["big.test"])
		}
		if got := len(n.times("big.test")); got < 150 {
			t.Errorf("%d polls", got)
		}
	})
}

func TestAfterAnOutageFeedsAreTriedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		var list []Feed
		for i := range 40 {
			host := fmt.Sprintf("h%d.test", i)
			n.set(host, feedOf(entries(1, wireItem)))
			list = append(list, Feed{Name: host, URL: "http://" + host + "/feed", Schedule: "@every 5m"})
		}
		list = append(list, Feed{Name: "dead", URL: "http://dead.invalid/feed", Schedule: "@every 5m"})
		store := newMemStore()
		var log bytes.Buffer
		simulate(t, n, store, PollerOptions{Log: slog.New(slog.NewTextHandler(&log, nil))}, list, func(*Poller) {
			time.Sleep(30 * time.Minute)
			n.setDown(true)
			time.Sleep(12 * time.Hour)
			n.setDown(false)
			time.Sleep(2 * time.Minute)
		})
		for name, st := range store.states {
			if name != "dead" && (st.Failure != "" || time.Since(st.LastGood) > 2*time.Minute) {
				t.Errorf("%s: %s, last good %v ago", name, st.Detail, time.Since(st.LastGood))
			}
		}
		if st := store.states["dead"]; st.Failures < 5 {
			t.Errorf("dead: %+v", st)
		}
		begun, ended := strings.Count(log.String(), "is the network away?"), strings.Count(log.String(), "network works again")
		if begun == 0 || begun != ended {
			t.Errorf("the log tells %d outages and %d ends", begun, ended)
		}
		if warned := strings.Count(log.String(), `level=WARN msg="feed failed"`); warned > begun*len(list)/2+1 {
			t.Errorf("%d warnings of feeds in %d outages", warned, begun)
		}
	})
}

func TestAWallClockThatJumpsNeitherStarvesNorStorms(t *testing.T) {
	t.Parallel()
	for _, jump := range []time.Duration{time.Hour, -time.Hour, 10 * 365 * 24 * time.Hour, -56 * 365 * 24 * time.Hour, 8 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork()
				n.set("wire.test", feedOf(entries(1, wireItem)))
				n.set("bad.test", status(500))
				n.set("daily.test", feedOf(nil))
				var mu sync.Mutex
				var shift time.Duration
				clock := func() time.Time {
					mu.Lock()
					defer mu.Unlock()
					return time.Now().Round(0).Add(shift)
				}
				simulate(t, n, newMemStore(), PollerOptions{clock: clock}, []Feed{
					{Name: "wire", URL: "http://wire.test/feed", Schedule: "*/10 * * * *"},
					{Name: "bad", URL: "http://bad.test/feed", Schedule: "*/10 * * * *"},
					{Name: "daily", URL: "http://daily.test/feed", Schedule: "0 7 * * *", Jitter: -1},
				}, func(*Poller) {
					time.Sleep(2 * time.Hour)
					mu.Lock()
					shift = jump
					mu.Unlock()
					time.Sleep(2 * time.Hour)
				})
				times := n.times("wire.test")
				if len(times) < 23 || len(times) > 28 {
					t.Errorf("%d polls in 4 hours", len(times))
				}
				for i := 1; i < len(times); i++ {
					if gap := times[i].Sub(times[i-1]); gap > 21*time.Minute {
						t.Errorf("%v without a poll", gap)
					}
				}
				// Bubbles begin at midnight. A jump over seven o'clock makes the daily feed due at once.
				want := 1
				if jump > 5*time.Hour {
					want = 2
				}
				if daily := n.times("daily.test"); len(daily) != want {
					t.Errorf("%d polls of the daily feed, want %d", len(daily), want)
				}
				if bad := n.times("bad.test"); len(bad) > 8 {
					t.Errorf("%d polls of the feed that fails", len(bad))
				}
			})
		})
	}
}

// A laptop sleeps for a night: timers stop and the clock goes on. In the morning every feed is overdue.
func TestAfterANightAsleepFeedsArePolledOneAfterAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const count = 600
		n := newNetwork()
		var list []Feed
		for i := range count {
			host := fmt.Sprintf("h%d.test", i)
			n.set(host, feedOf(entries(1, wireItem)))
			list = append(list, Feed{Name: host, URL: "http://" + host + "/feed", Schedule: []string{"@every 10m", "*/10 * * * *", "@hourly"}[i%3]})
		}
		var asleep atomic.Int64
		clock := func() time.Time { return time.Now().Round(0).Add(time.Duration(asleep.Load())) }
		var woke time.Time
		simulate(t, n, newMemStore(), PollerOptions{clock: clock}, list, func(*Poller) {
			time.Sleep(2*time.Hour + 5*time.Minute)
			asleep.Store(int64(8 * time.Hour))
			woke = time.Now()
			time.Sleep(3 * time.Minute)
		})
		first, most := map[string]time.Time{}, map[int]int{}
		for _, h := range n.hits {
			if h.at.After(woke) {
				most[int(h.at.Sub(woke)/time.Second)]++
				if first[h.host].IsZero() {
					first[h.host] = h.at
				}
			}
		}
		if len(first) != count {
			t.Errorf("%d of %d feeds were polled within 3 minutes", len(first), count)
		}
		for second, polls := range most {
			if polls > 2*overdueAtOnce {
				t.Errorf("%d polls in second %d after the night", polls, second)
			}
		}
	})
}

func TestAStateFromAWrongClockDoesNotStarveAFeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := newNetwork(), newMemStore()
		n.set("wire.test", feedOf(nil))
		future := time.Now().AddDate(10, 0, 0)
		feed := Feed{Name: "wire", URL: "http://wire.test/feed", Schedule: "@hourly"}
		store.states["wire"] = State{Feed: "wire", Address: addressHash(feed.URL), LastGood: future, Polled: future, NextDue: future.Add(time.Hour)}
		simulate(t, n, store, PollerOptions{}, []Feed{feed}, func(*Poller) { time.Sleep(time.Minute) })
		if got := len(n.times("wire.test")); got != 1 {
			t.Errorf("%d polls", got)
		}
	})
}

func TestARestartKeepsTheSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := newNetwork(), newMemStore()
		n.set("wire.test", feedOf(nil))
		n.set("busy.test", status(429, "Retry-After", "36000"))
		list := []Feed{
			{Name: "wire", URL: "http://wire.test/feed", Schedule: "@hourly"},
			{Name: "busy", URL: "http://busy.test/feed", Schedule: "@every 1m"},
		}
		for range 5 {
			simulate(t, n, store, PollerOptions{}, list, func(*Poller) { time.Sleep(time.Minute) })
		}
		if got := len(n.times("wire.test")); got > 2 {
			t.Errorf("%d polls of an hourly feed in five starts within five minutes", got)
		}
		if got := len(n.times("busy.test")); got != 1 {
			t.Errorf("%d polls of a feed that asked to be left alone", got)
		}
	})
}

func TestTheFeedListChangesWhileItRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := newNetwork(), newMemStore()
		n.set("a.test", feedOf(nil))
		n.set("b.test", feedOf(nil))
		a := Feed{Name: "a", URL: "http://a.test/feed", Schedule: "@every 1m"}
		b := Feed{Name: "b", URL: "http://b.test/feed", Schedule: "@every 1m"}
		simulate(t, n, store, PollerOptions{}, []Feed{a}, func(p *Poller) {
			time.Sleep(10*time.Minute + time.Second)
			if err := p.SetFeeds([]Feed{b}); err != nil {
				t.Error(err)
			}
			time.Sleep(10*time.Minute + time.Second)
			b.Schedule = "nonsense"
			if err := p.SetFeeds([]Feed{a, b}); err == nil {
				t.Error("a schedule that cannot be read was taken")
			}
			time.Sleep(10 * time.Minute)
			if o, err := p.PollNow(t.Context(), "a"); err == nil {
				t.Errorf("polled a feed that is gone: %v", o)
			}
			if o, err := p.PollNow(t.Context(), "b"); err != nil || !o.Unchanged {
				t.Errorf("PollNow: %v, %v", o.String(), err)
			}
		})
		if got := len(n.times("a.test")); got != 11 {
			t.Errorf("%d polls of the feed that was taken out", got)
		}
		if got := len(n.times("b.test")); got < 20 || got > 23 {
			t.Errorf("%d polls of the feed that was put in", got)
		}
	})
}
