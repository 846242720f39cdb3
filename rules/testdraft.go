package rules

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/feeds"
)

// test takes in a test whose watch is now known.
func (l *loader) test(r *Rules, draft testDraft) {
	s := draft.spec
	t := Test{Name: s.Name, Watch: draft.watch, Evidence: s.Evidence, Roles: s.Roles, Priority: s.Priority, Pos: draft.at}
	fail := func(cause, hint string) { l.add(draft.at.At(cause, hint)) }
	switch {
	case s.Watch.Given() && t.Watch != "" && s.Watch.Value != t.Watch:
		l.add(s.Watch.Problem("the test stands beside another watch", "leave the key watch out"))
	case s.Watch.Given():
		t.Watch = s.Watch.Value
	case t.Watch == "":
		fail("the test names no watch", "watch: ID")
		return
	}
	if l.watches[t.Watch] == nil {
		hint := strict.DidYouMean(t.Watch, slices.Sorted(maps.Keys(l.watches)))
		l.add(s.Watch.Problem(fmt.Sprintf("no watch is called %q", t.Watch), hint))
	}
	switch expect := strings.ReplaceAll(s.Expect.Value, "_", " "); expect {
	case "match":
		t.Match = true
	case "no match":
		if len(s.Evidence) > 0 || len(s.Roles) > 0 || s.Priority != nil {
			fail("what does not match has no evidence, roles or priority", "leave them out")
		}
	case "":
		t.Match = len(s.Evidence) > 0 || len(s.Roles) > 0 || s.Priority != nil
		if !t.Match {
			fail("the test expects nothing", "expect: match, or expect: no match")
		}
	default:
		l.add(s.Expect.Problem(fmt.Sprintf("%q cannot be expected", s.Expect.Value), "write match or no match"))
	}
	for group, role := range s.Roles {
		if roleRank[role] == 0 {
			fail(fmt.Sprintf("%s: no role is called %q", group, role), "title, lead, body or background")
		}
	}
	items := l.testItems(&s, fail)
	if s.Stories != nil {
		t.Stories = *s.Stories
	}
	if len(s.Items) > 0 || t.Stories > 0 && len(items) > 0 {
		l.addTest(r, t, items)
		return
	}
	for _, it := range items { // each line of a file is a test of its own
		l.addTest(r, t, []feeds.Item{it})
	}
}

func (l *loader) addTest(r *Rules, t Test, items []feeds.Item) {
	t.Items = items
	if t.Name == "" {
		t.Name = items[0].Title
	}
	r.Tests = append(r.Tests, t)
	if w := r.Watch(t.Watch); w != nil {
		w.Tests = append(w.Tests, t)
	}
}

// testItems gives the items of a test: the one that it holds, or those of its file.
func (l *loader) testItems(s *testSpec, fail func(cause, hint string)) (items []feeds.Item) {
	now := l.time(s.Now)
	own := s.Title != "" || s.Text != ""
	if own && (s.File.Given() || len(s.Items) > 0) || s.File.Given() && len(s.Items) > 0 {
		fail("the test has an item in more than one place", "keep one of title and text, items, file")
	}
	switch {
	case s.File.Given():
		all, err := readItems(filepath.Join(filepath.Dir(s.File.Pos().File), s.File.Value))
		if err != nil {
			l.add(s.File.Problem(err.Error(), "a file of items has one JSON object a line, as `tocsin parse` prints them"))
			return nil
		}
		for _, it := range all {
			if s.ID == "" || it.ID == s.ID {
				items = append(items, it)
			}
		}
		if len(items) == 0 {
			l.add(s.File.Problem("the file holds no such item", ""))
		}
	case len(s.Items) > 0:
		for i := range s.Items {
			items = append(items, l.item(&s.Items[i]))
		}
	case !own:
		fail("the test has no item", "title: …, text: …")
	default:
		items = []feeds.Item{l.item(&s.itemSpec)}
	}
	for i := range items { // the clock of a test stands still
		items[i].Seen = now
		if now.IsZero() {
			items[i].Seen = items[i].Time()
		}
	}
	return items
}

func (l *loader) item(s *itemSpec) feeds.Item {
	return feeds.Item{ID: s.ID, Feed: s.Feed, URL: s.URL, Title: s.Title, Text: s.Text, Authors: s.Authors,
		Tags: s.Tags, Language: s.Language, Published: l.time(s.Published)}
}

func (l *loader) time(s strict.Located[string]) time.Time {
	if !s.Given() {
		return time.Time{}
	}
	t, err := parseTime(s.Value, time.UTC)
	if err != nil {
		l.add(s.Problem(err.Error(), err.(*valueError).hint))
	}
	return t.UTC()
}
