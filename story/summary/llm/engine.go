package llm

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/tocsin-bot/tocsin/story/summary"
)

// Options says which model to ask, and how much.
type Options struct {
	// API is "openai", for any endpoint that speaks as OpenAI's does, or "anthropic". Defaults to
	// "openai".
	API string

	// URL is where the API is, without the path of the call. Defaults to https://api.openai.com/v1
	// or https://api.anthropic.com/v1. Ollama: http://localhost:11434/v1.
	URL string

	Model string // required, as the endpoint names it
	Key   string // secret; empty for an endpoint that asks for none

	// Timeout bounds one call, the whole answer included. Defaults to 10 s.
	Timeout time.Duration

	// PerHour is how many calls may be made in any hour. Defaults to 60.
	PerHour int

	// CacheSize is how many answers are remembered, failed checks too. Defaults to 500.
	CacheSize int

	// Client makes the calls; redirects are never followed. Defaults to a client of its own.
	Client *http.Client
}

const (
	defaultTimeout = 10 * time.Second
	defaultPerHour = 60
	defaultCache   = 500

	// After so many failures in a row the model is left alone for a while, so that an endpoint that
	// hangs does not hold up each alert for the whole timeout.
	failuresToPause = 3
	pause           = time.Minute
)

// The reasons for which the embedded summary was used. An error of Summarize is one of them, or
// says what the call failed with.
var (
	ErrBudget   = errors.New("the model's budget for this hour is used up")
	ErrPaused   = errors.New("the model failed several times and is left alone for a minute")
	ErrRefused  = errors.New("what the model said is not borne out by the sources")
	ErrNotAsked = errors.New("there is too little to ask a model about")
)

// Engine summarises with a language model. It is safe for concurrent use.
type Engine struct {
	opt   Options
	api   api
	calls singleflight.Group

	mu     sync.Mutex
	recent []time.Time // of the calls in the last hour
	failed int         // calls that failed in a row
	until  time.Time   // when a pause ends
	cache  *cache
}

// New gives an engine. It makes no call. The error is about the options.
func New(opt Options) (*Engine, error) {
	if opt.API == "" {
		opt.API = "openai"
	}
	shape, ok := apis[opt.API]
	if !ok {
		return nil, fmt.Errorf("language model: unknown api %q (openai or anthropic)", opt.API)
	}
	if opt.Model == "" {
		return nil, errors.New("language model: no model is named (as in model: llama3.2)")
	}
	if opt.URL == "" {
		opt.URL = shape.url
	}
	if err := checkURL(opt.URL, opt.Key); err != nil {
		return nil, fmt.Errorf("language model: %w", err)
	}
	if opt.Timeout <= 0 {
		opt.Timeout = defaultTimeout
	}
	if opt.PerHour <= 0 {
		opt.PerHour = defaultPerHour
	}
	if opt.CacheSize <= 0 {
		opt.CacheSize = defaultCache
	}
	client := http.Client{}
	if opt.Client != nil {
		client = *opt.Client
	}
	// A redirect would carry the article, and in some clients the key, to another host.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	opt.Client = &client
	return &Engine{opt: opt, api: shape, cache: newCache(opt.CacheSize)}, nil
}

// Summarize gives the summary of the sources. It is always a good one: the model's where every
// sentence that is left of it is borne out by the sources, else the embedded one, and then the error
// says why. It takes no longer than the timeout, and ends when ctx does.
func (e *Engine) Summarize(ctx context.Context, sources []summary.Source, opt summary.Options) (summary.Summary, error) {
	embedded := summary.Summarize(sources, opt)
	if len(embedded.Sentences) == 0 {
		return embedded, ErrNotAsked // a bare title: a model could only invent
	}
	said, err := e.ask(ctx, newPrompt(sources, opt, embedded.Language))
	if err != nil {
		return embedded, err
	}
	kept, rejected := summary.Check(said, sources, opt)
	switch {
	case len(kept) == 0 && len(rejected) == 0:
		return embedded, fmt.Errorf("%w: it said nothing", ErrRefused)
	case len(rejected) > len(kept):
		return embedded, fmt.Errorf("%w: %q %s", ErrRefused, rejected[0].Text, rejected[0].Reason)
	case !summary.Carries(kept, sources, opt):
		return embedded, fmt.Errorf("%w: the watch's terms are not in it", ErrRefused)
	}
	out := embedded
	out.Sentences = kept
	return out, nil
}

// ask gives the model's answer to a prompt, from the cache where it has been asked before.
func (e *Engine) ask(ctx context.Context, p prompt) (string, error) {
	key := sha256.Sum256([]byte(e.opt.Model + "\x00" + p.system + "\x00" + p.user))
	e.mu.Lock()
	said, ok := e.cache.get(key)
	e.mu.Unlock()
	if ok {
		return said, nil
	}
	// One call for all the rooms that ask about a story at once. It is the first asker's, and ends
	// when that one gives up: the others then use the embedded summary, which is no loss.
	v, err, _ := e.calls.Do(string(key[:]), func() (any, error) {
		if err := e.admit(time.Now()); err != nil {
			return "", err
		}
		ctx, cancel := context.WithTimeout(ctx, e.opt.Timeout)
		defer cancel()
		said, err := e.call(ctx, p)
		e.settle(key, said, err, time.Now())
		return said, err
	})
	return v.(string), err
}

// admit takes one call from the budget, or says why there is none.
func (e *Engine) admit(now time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.Before(e.until) {
		return ErrPaused
	}
	for len(e.recent) > 0 && now.Sub(e.recent[0]) >= time.Hour {
		e.recent = e.recent[1:]
	}
	if len(e.recent) >= e.opt.PerHour {
		return ErrBudget
	}
	e.recent = append(e.recent, now)
	return nil
}

func (e *Engine) settle(key [32]byte, said string, err error, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		e.failed = 0
		e.cache.put(key, said)
		return
	}
	if e.failed++; e.failed >= failuresToPause {
		e.failed, e.until = 0, now.Add(pause)
	}
}
