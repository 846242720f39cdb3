package story

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Story is the items that report one event.
type Story struct {
	ID    int64     `json:"id"`
	Title string    `json:"title"`          // the best headline of its items
	First time.Time `json:"first,omitzero"` // the times of its items
	Last  time.Time `json:"last,omitzero"`
	Items []Member  `json:"items"` // in the order in which they were placed
}

// Member is an item of a story.
type Member struct {
	Item     int64     `json:"item"` // its key
	Relation Relation  `json:"relation"`
	Kind     string    `json:"kind,omitempty"`
	Title    string    `json:"title"`
	URL      string    `json:"url,omitempty"`
	Outlet   string    `json:"outlet,omitempty"`
	Origin   string    `json:"origin,omitempty"`
	Language string    `json:"language,omitempty"`
	Time     time.Time `json:"time,omitzero"`
}

// Add puts an item into the story where p placed it.
func (s *Story) Add(it *feeds.Item, p Placement) {
	s.ID = p.Story
	if len(s.Items) == 0 || p.Time.Before(s.First) {
		s.First = p.Time
	}
	if p.Time.After(s.Last) {
		s.Last = p.Time
	}
	if len(s.Items) == 0 || titleRank(it.Title) > titleRank(s.Title) {
		s.Title = it.Title
	}
	s.Items = append(s.Items, Member{
		Item: it.Key, Relation: p.Relation, Kind: p.Kind, Title: it.Title, URL: it.URL,
		Outlet: p.Outlet, Origin: p.Origin, Language: it.Language, Time: p.Time,
	})
}

// Outlets are the sites that carry the story, in the order in which they came. An item of which
// neither address nor feed is known counts for none.
func (s *Story) Outlets() []string {
	return distinct(s.Items, func(m Member) string { return m.Outlet })
}

// Origins are those who reported it themselves: nine outlets that print one agency's text are
// one origin.
func (s *Story) Origins() []string {
	return distinct(s.Items, func(m Member) string { return m.Origin })
}

// Languages are those in which the story is told.
func (s *Story) Languages() []string {
	return distinct(s.Items, func(m Member) string { return m.Language })
}

func distinct(items []Member, of func(Member) string) []string {
	var out []string
	for _, m := range items {
		if v := of(m); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// titleRank says how well a headline can stand for a story: a sentence of normal length is
// better than a label, a shout, a question or a wall of words. Between equals the first stays.
func titleRank(title string) int {
	n := len(text.Words(title))
	switch {
	case n == 0:
		return 0
	case n < 4 || n > 20:
		return 1
	case strings.ToUpper(title) == title && strings.ToLower(title) != title,
		strings.ContainsAny(title, "?؟"),
		strings.IndexFunc(title, unicode.IsLetter) < 0:
		return 2
	}
	return 3
}
