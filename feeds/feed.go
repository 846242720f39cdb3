package feeds

import "time"

// Feed is a URL that is polled on a schedule: what the operator asked for. Its zero fields mean
// the defaults named here; only Name and URL must be given.
type Feed struct {
	// Name is the feed's name in files, logs, chat and the store. Two feeds never share one, and
	// what Tocsin remembers of a feed hangs on it: a feed that gets a new URL keeps its memory, one
	// that gets a new name starts with a silent baseline.
	Name string

	// URL is the http(s) address of the document. It may carry user:password or a token in its
	// query: no log, error or chat message shows either.
	URL string

	// Schedule says when to poll: five cron fields, @hourly and its kin, or "@every 10m".
	// Defaults to DefaultSchedule.
	Schedule string

	// TimeZone is the IANA name of the zone in which Schedule is meant. Defaults to UTC.
	TimeZone string

	// Jitter spreads polls, so that a thousand feeds of the same schedule do not start in the same
	// second: the feed is always polled by the same share of Jitter later than its schedule says.
	// A negative Jitter means none. Defaults to the time between two polls, at most 10 minutes.
	Jitter time.Duration

	// Tags are put before the categories of each of the feed's items. Defaults to none.
	Tags []string

	// Language is a BCP 47 tag for items whose language neither the feed nor the text tells.
	// Defaults to none.
	Language string

	// Outlet is who publishes the feed, as people write it: "BBC News". Stories count outlets, so
	// that three feeds of one publisher are one source. Defaults to Name.
	Outlet string

	// Article says when to fetch the page behind an item. Defaults to ArticleAuto.
	Article ArticleMode

	// Baseline is how many of the newest items of the very first poll are news. The others are
	// stored and never alert. Defaults to 0: the first poll is silent.
	Baseline int

	// Headers are sent along with the request to the host of URL, and to no other when it
	// redirects. A value may be a secret. Defaults to none.
	Headers map[string]string
}

// DefaultSchedule is the schedule of a feed that names none.
const DefaultSchedule = "@every 10m"

// ArticleMode says when to fetch the page behind an item.
type ArticleMode string

const (
	ArticleAuto   ArticleMode = "auto"   // when the feed carries a teaser only; also the empty mode
	ArticleAlways ArticleMode = "always" // for every item that has a URL
	ArticleNever  ArticleMode = "never"
)

// teaserLength is the number of bytes of text below which an item is held to be a teaser. Real
// teasers of the news feeds we looked at end at 500; full articles begin at 1,500.
const teaserLength = 800

// wantsArticle tells whether the page behind it is to be fetched before anybody reads the item.
func (m ArticleMode) wantsArticle(it *Item) bool {
	switch {
	case it.URL == "" || m == ArticleNever:
		return false
	case m == ArticleAlways:
		return true
	}
	return len(it.Text) < teaserLength
}

// OutletName is who publishes the feed: Outlet, else Name.
func (f *Feed) OutletName() string {
	if f.Outlet != "" {
		return f.Outlet
	}
	return f.Name
}
