package slack

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// SetPatience makes links count as dead earlier, so that tests need not wait for minutes.
func (p *Platform) SetPatience(pings, silence time.Duration) { p.pings, p.silence = pings, silence }

// Server takes requests that arrive within the given time.
func (p *Platform) Server(arrival time.Duration, handle func(context.Context, bot.Incoming) error) *http.Server {
	p.arrival = arrival
	return p.server(handle)
}

// MayRespond and MayLink tell where answers and links may go.
func (p *Platform) MayRespond(address string) bool { return p.mayRespond(address) }

// MayLink is MayRespond for Socket Mode.
func (p *Platform) MayLink(u *url.URL) bool { return p.mayLink(u) }

// Scopes are the scopes of the manifest.
func Scopes() []string {
	var all []string
	for _, s := range botScopes {
		all = append(all, s.name)
	}
	return all
}

// Events are the types of event that mean something to the bot.
func Events() []string {
	var all []string
	for name := range hearing {
		all = append(all, name)
	}
	return all
}

// CutText, SafeURL and Escape are what every text of a feed goes through.
var (
	CutText = cutText
	SafeURL = safeURL
	Escape  = func(s string) string { return escape(clean(s, false)) }
)
