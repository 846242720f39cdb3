package story_test

import (
	"slices"
	"testing"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/story"
)

func TestAgencyIsReadWhereACreditStands(t *testing.T) {
	t.Parallel()
	const more = " It was the third accident of its kind this year, and the coastguard has opened an inquiry into it."
	for _, c := range []struct {
		item feeds.Item
		want string
	}{
		{feeds.Item{Text: "BODRUM, March 2 (Reuters) - A ferry struck rocks." + more}, "Reuters"},
		{feeds.Item{Text: "LONDON (AP) — A ferry struck rocks." + more}, "AP"},
		{feeds.Item{Text: "PARIS: AFP: A ferry struck rocks." + more}, "AFP"},
		{feeds.Item{Text: "A ferry struck rocks." + more + "\n\n(AFP)"}, "AFP"},
		{feeds.Item{Text: "A ferry struck rocks." + more + "\n\n(With inputs from PTI)"}, "PTI"},
		{feeds.Item{Text: "A ferry struck rocks." + more + "\n\nReuters contributed to this report."}, "Reuters"},
		{feeds.Item{Text: "A ferry struck rocks." + more + "\n\nThe Associated Press also contributed."}, "AP"},
		{feeds.Item{Text: "طرابلس - رويترز - قال مسؤولون إن العبارة اصطدمت بالصخور."}, "Reuters"},
		{feeds.Item{Text: "طرابلس (أ ف ب) - قال مسؤولون إن العبارة اصطدمت بالصخور."}, "AFP"},
		{feeds.Item{Text: "اسلام آباد (اے پی پی) وزیر اعظم نے کہا ہے کہ"}, "APP"},
		{feeds.Item{Text: "Bodrum açıklarında feribot kayalıklara çarptı." + more + " Kaynak: Anadolu Ajansı"}, "Anadolu"},
		{feeds.Item{Text: "Un ferry a heurté des rochers." + more + " (avec AFP)"}, "AFP"},
		{feeds.Item{Authors: []string{"Reuters"}}, "Reuters"},
		{feeds.Item{Authors: []string{"By AFP in Paris"}}, "AFP"},
		{feeds.Item{Authors: []string{"A. Writer / Associated Press of Pakistan"}}, "APP"},

		{feeds.Item{Text: "The Reuters building was sold." + more}, ""},
		{feeds.Item{Text: "Bloomberg said that he would run for mayor again." + more}, ""},
		{feeds.Item{Text: "A new app (see APP store) counts steps." + more}, ""},
		{feeds.Item{Text: "An AP history teacher won." + more}, ""},
		{feeds.Item{Authors: []string{"Ann Reuterswärd", "APPleby"}}, ""},
		{feeds.Item{}, ""},
	} {
		if got := story.Agency(&c.item); got != c.want {
			t.Errorf("%.60q %q: agency %q, want %q", c.item.Text, c.item.Authors, got, c.want)
		}
	}
}

func TestOutletIsTheSiteNotTheFeed(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://www.a.example/x": "a.example", "http://m.a.example/x": "a.example", "https://amp.a.example./x": "a.example",
		"https://news.a.example/x": "news.a.example", "": "the feed", "::": "the feed", "/path": "the feed",
	} {
		if got := story.Outlet(&feeds.Item{URL: url, Feed: "the feed"}); got != want {
			t.Errorf("%q: outlet %q, want %q", url, got, want)
		}
	}
}

func TestNineOutletsMayBeTwoOrigins(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	var s story.Story
	add := func(it *feeds.Item) { s.Add(it, x.Place(it)) }
	add(item(1, 0, "https://a.example/1", "FERRY HITS ROCKS OFF BODRUM, 40 SAVED", "BODRUM (AFP) - "+ferry))
	add(item(2, 1, "https://b.example/1", "Forty saved as ferry hits rocks off Bodrum", "BODRUM (AFP) - "+ferry))
	add(item(3, 1, "https://c.example/1", "Saved at sea", ferry)) // a copy without the credit
	add(item(4, 1, "https://www.c.example/2", "Ferry hits rocks", ferry))
	add(item(5, 3, "https://d.example/1", "Ferry Meltem: passengers tell of the night off Bodrum", "Passengers of the ferry Meltem, which struck rocks off Bodrum before dawn on Monday, told this paper how boats took them ashore."))
	if got, want := s.Outlets(), []string{"a.example", "b.example", "c.example", "d.example"}; !slices.Equal(got, want) {
		t.Errorf("outlets %q, want %q", got, want)
	}
	if got, want := s.Origins(), []string{"AFP", "d.example"}; !slices.Equal(got, want) {
		t.Errorf("origins %q, want %q", got, want)
	}
	if s.Title != "Forty saved as ferry hits rocks off Bodrum" || !s.First.Equal(noon) || s.Last.Sub(noon).Hours() != 3 || !slices.Equal(s.Languages(), []string{"en"}) {
		t.Errorf("got %+v", s)
	}
}

func TestAddressesOfOnePageAreOne(t *testing.T) {
	t.Parallel()
	const page = "https://a.example/2026/ferry?id=7"
	for url, same := range map[string]bool{
		"http://www.a.example/2026/ferry/?id=7&utm_source=rss&fbclid=x#top": true,
		"https://m.a.example/2026/ferry/amp?id=7":                           true,
		"https://a.example/2026/ferry?id=8":                                 false,
		"https://b.example/2026/ferry?id=7":                                 false,
	} {
		x := story.NewIndex(story.Options{})
		x.Place(item(1, 0, page, "One headline", ""))
		if p := x.Place(item(2, 0, url, "Quite another", "")); (p.Rule == story.ByURL) != same {
			t.Errorf("%s: %+v", url, p)
		}
	}
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/", "One headline", ""))
	if p := x.Place(item(2, 0, "https://a.example", "Quite another", "")); p.Relation != story.New {
		t.Errorf("a front page is no article: %+v", p)
	}
}
