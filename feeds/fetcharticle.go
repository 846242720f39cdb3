package feeds

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	articleTries = 3

	// articlePatience is how long an item waits for its article. Then it goes on with the text that
	// the feed carried.
	articlePatience = 2 * time.Minute

	// articlesAtOnce bounds the items that are in memory because they wait.
	articlesAtOnce = 200

	articleSweep = 30 * time.Second
)

// FetchArticle gets the page at a URL and takes the article out of it. An error is a *FetchError
// when the page could not be fetched, and wraps ErrNoArticle when no article stands on it.
func (f *Fetcher) FetchArticle(ctx context.Context, pageURL string) (*Article, error) {
	resp, err := f.fetch(ctx, Request{URL: pageURL, MaxBytes: maxPageBytes, page: true})
	if err != nil {
		return nil, err
	}
	defer resp.release()
	a, err := Extract(UTF8(resp.Body, resp.ContentType), resp.URL)
	if err != nil {
		return nil, err
	}
	if a.URL == "" {
		a.URL = resp.URL
	}
	return a, nil
}

// fetchArticles serves items that wait for their article until ctx ends.
func (p *Poller) fetchArticles(ctx context.Context) {
	tick := time.NewTicker(articleSweep)
	defer tick.Stop()
	for {
		p.drainArticles(ctx)
		select {
		case <-ctx.Done():
			return
		case <-p.news:
		case <-tick.C:
		}
	}
}

// drainArticles serves all items that wait now, and returns when none is left.
func (p *Poller) drainArticles(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	slots := make(chan struct{}, articlesAtOnce)
	for after := int64(0); ctx.Err() == nil; {
		items, err := p.store.AwaitingArticle(ctx, after, articlesAtOnce)
		if err != nil {
			if ctx.Err() == nil {
				p.log.Error("items waiting for their article not read", "err", err)
			}
			return
		}
		if len(items) == 0 {
			return
		}
		for _, it := range items {
			after = it.Key
			if take(ctx, slots) != nil {
				return
			}
			work.Go(func() {
				defer func() { <-slots }()
				p.serveArticle(ctx, it)
			})
		}
	}
}

// serveArticle ends the waiting of one item, with the article or without.
func (p *Poller) serveArticle(ctx context.Context, it Item) {
	began := time.Now()
	article, err := p.articles.get(ctx, it.URL, func() (*Article, error) { return p.tryArticle(ctx, it) })
	if ctx.Err() != nil {
		return // it still waits, and is served after the next start
	}
	log := p.log.With("feed", it.Feed, "item", it.Key, "took", time.Since(began).Round(time.Millisecond))
	if article != nil {
		it = it.withArticle(article)
	}
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	if e := p.store.SaveArticles(save, []Item{it}); e != nil {
		log.Error("article not stored", "err", e)
		return
	}
	if err != nil {
		log.Info("article given up", "reason", articleReason(err))
	} else {
		log.Debug("article read", "bytes", len(it.Text))
	}
	p.opts.OnFresh()
}

func articleReason(err error) string {
	var fe *FetchError
	if errors.As(err, &fe) {
		return fe.Error()
	}
	return oneLine(redactText(err.Error()))
}

// tryArticle fetches the article of an item, again when the failure may pass. An item that has
// waited since before a restart gets one try.
func (p *Poller) tryArticle(ctx context.Context, it Item) (*Article, error) {
	patience := articlePatience
	if waited := p.now().Sub(it.Seen); waited > articlePatience {
		patience = p.opts.Fetcher.opts.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for try := 1; ; try++ {
		a, err := p.fetchArticle(ctx, it.URL)
		if err == nil || try == articleTries || !mayPass(err) || ctx.Err() != nil {
			return a, err
		}
		wait := 5 * time.Second << (2 * (try - 1)) // 5 s, 20 s
		var fe *FetchError
		if errors.As(err, &fe) {
			wait = max(wait, fe.RetryAfter)
		}
		if e := sleep(ctx, wait); e != nil {
			return nil, err
		}
	}
}

// fetchArticle makes one request when it is the host's turn.
func (p *Poller) fetchArticle(ctx context.Context, pageURL string) (a *Article, err error) {
	var resp *Response
	var claimed atomic.Bool // by the turn, or by us because it came too late
	done := make(chan struct{})
	p.turns.page(hostOf(pageURL), func() {
		if !claimed.CompareAndSwap(false, true) {
			return
		}
		defer close(done)
		if e := p.turns.work(ctx, func() {
			resp, err = p.opts.Fetcher.fetch(ctx, Request{URL: pageURL, MaxBytes: maxPageBytes, page: true})
		}); e != nil {
			err = fail(FailTimeout, "waited for its turn")
		}
	})
	select {
	case <-done:
	case <-ctx.Done():
		if claimed.CompareAndSwap(false, true) {
			return nil, fail(FailTimeout, "waited for its turn")
		}
		<-done
	}
	if err != nil {
		return nil, err
	}
	defer resp.release()
	if err := take(ctx, p.parsing); err != nil {
		return nil, fail(FailTimeout, "waited for its turn")
	}
	defer func() { <-p.parsing }()
	defer func() {
		if r := recover(); r != nil {
			p.log.Error("extractor panicked", "url", Redact(pageURL), "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			a, err = nil, fail(FailCrash, "%v", r)
		}
	}()
	return Extract(UTF8(resp.Body, resp.ContentType), resp.URL)
}

// mayPass tells failures that pass by themselves from those that will be there again in a minute.
func mayPass(err error) bool {
	var fe *FetchError
	if !errors.As(err, &fe) {
		return false
	}
	switch fe.Failure {
	case FailRateLimited, FailServer, FailCut:
		return true
	}
	return isNetwork(fe.Failure)
}

// withArticle gives the item with what the page behind it adds. What the feed says of an item is
// kept; only the text is the page's, when it is longer.
func (it Item) withArticle(a *Article) Item {
	if len(a.Text) > len(it.Text) {
		it.Text = a.Text
	}
	if it.Title == "" {
		it.Title = a.Title
	}
	if it.Language == "" {
		it.Language = a.Language
	}
	if len(it.Authors) == 0 && a.Byline != "" {
		it.Authors = []string{a.Byline}
	}
	if it.Published.IsZero() && a.Published.Before(it.Seen) {
		it.Published = a.Published.UTC()
	}
	return it
}

// articleCache makes sure that a page which several feeds link to is fetched once.
type articleCache struct {
	mu    sync.Mutex
	pages map[string]*cachedArticle
}

type cachedArticle struct {
	ready   chan struct{}
	at      time.Time
	article *Article
	err     error
}

const (
	cachedFor   = 10 * time.Minute
	cachedPages = 256
)

func newArticleCache() *articleCache { return &articleCache{pages: map[string]*cachedArticle{}} }

// get gives the article at a URL: from the cache, from a fetch that is under way, or from fetch.
func (c *articleCache) get(ctx context.Context, pageURL string, fetch func() (*Article, error)) (*Article, error) {
	key := pageURL
	if u, err := url.Parse(pageURL); err == nil {
		u.Fragment, u.RawFragment = "", ""
		key = u.String()
	}
	c.mu.Lock()
	if page := c.pages[key]; page != nil && time.Since(page.at) < cachedFor {
		c.mu.Unlock()
		select {
		case <-page.ready:
			return page.article, page.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	page := &cachedArticle{ready: make(chan struct{}), at: time.Now()}
	c.makeRoom()
	c.pages[key] = page
	c.mu.Unlock()
	page.article, page.err = fetch()
	close(page.ready)
	return page.article, page.err
}

// makeRoom drops what is old, and the oldest when that is not enough.
func (c *articleCache) makeRoom() {
	for len(c.pages) >= cachedPages {
		oldest := ""
		for k, page := range c.pages {
			if time.Since(page.at) >= cachedFor {
				delete(c.pages, k)
			} else if oldest == "" || page.at.Before(c.pages[oldest].at) {
				oldest = k
			}
		}
		if len(c.pages) >= cachedPages {
			delete(c.pages, oldest)
		}
	}
}
