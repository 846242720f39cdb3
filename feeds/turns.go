package feeds

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"
)

// perHost is how many requests one host gets at the same time.
const perHost = 2

// slowAfter is when a request stops counting as a worker. Nine of ten feeds answer within a second.
const slowAfter = 5 * time.Second

// turns lets requests wait for their turn: a few at each host, and a number of workers in all. A
// request that takes long gives its worker back while it goes on, so that hosts which answer a byte
// a second hold up nobody but themselves.
type turns struct {
	workers chan struct{}
	slow    chan struct{} // requests that gave their worker back; a bound on what is open in all
	alarm   alarm         // tells which requests are slow

	mu    sync.Mutex
	hosts map[string]*hostTurns
}

// hostTurns is what one host has to do. It exists while there is something.
type hostTurns struct {
	polls, pages []func()
	running      int
	paging       bool // one of them is a page: a poll waits behind one page at most
}

func newTurns(workers int) *turns {
	return &turns{
		workers: make(chan struct{}, workers),
		slow:    make(chan struct{}, 16*workers),
		alarm:   alarm{after: slowAfter},
		hosts:   map[string]*hostTurns{},
	}
}

// poll runs f when it is the host's turn. It does not wait for it.
func (t *turns) poll(host string, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.host(host)
	h.polls = append(h.polls, f)
	t.start(host, h)
}

// page is poll for pages, which come after all polls of the host and one at a time.
func (t *turns) page(host string, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.host(host)
	h.pages = append(h.pages, f)
	t.start(host, h)
}

func (t *turns) host(name string) *hostTurns {
	h := t.hosts[name]
	if h == nil {
		h = &hostTurns{}
		t.hosts[name] = h
	}
	return h
}

func (t *turns) start(name string, h *hostTurns) {
	if h.running < perHost {
		h.running++
		go t.serve(name, h)
	}
}

// serve runs what a host has to do, one after another, until nothing is left.
func (t *turns) serve(name string, h *hostTurns) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		f, isPage := h.next()
		if f == nil {
			h.running--
			if h.running == 0 {
				delete(t.hosts, name)
			}
			return
		}
		h.paging = h.paging || isPage
		t.mu.Unlock()
		f()
		t.mu.Lock()
		if isPage {
			h.paging = false
		}
	}
}

func (h *hostTurns) next() (f func(), isPage bool) {
	if len(h.polls) > 0 {
		f, h.polls = h.polls[0], h.polls[1:]
		return f, false
	}
	if len(h.pages) > 0 && !h.paging {
		f, h.pages = h.pages[0], h.pages[1:]
		return f, true
	}
	return nil, false
}

// work runs f when a worker is free, unless ctx ends before.
func (t *turns) work(ctx context.Context, f func()) error {
	if err := take(ctx, t.workers); err != nil {
		return err
	}
	w := &worker{turns: t}
	wait := t.alarm.set(w.slow)
	defer func() {
		t.alarm.over(wait)
		w.release()
	}()
	f()
	return nil
}

// worker is the share of the workers that one request holds until it is done or counts as slow.
type worker struct {
	turns  *turns
	mu     sync.Mutex
	isSlow bool
	done   bool
}

// slow exchanges the worker for one of the places for slow requests, when there is one left.
func (w *worker) slow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return
	}
	select {
	case w.turns.slow <- struct{}{}:
		w.isSlow = true
		<-w.turns.workers
	default:
	}
}

func (w *worker) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
	if w.isSlow {
		<-w.turns.slow
	} else {
		<-w.turns.workers
	}
}

func take(ctx context.Context, slots chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hostOf names the server that a URL leads to, as far as politeness goes.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}
