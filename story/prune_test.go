package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

func TestMadeUpWordsAreForgottenAndLiveStoriesGoOn(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ferry := &feeds.Item{Key: 1, Title: "Ferry Meltem hits rocks off Bodrum", Language: "en", Published: noon}
	x.Place(ferry)
	for i := range 40 { // words that one text holds
		x.Learn(&feeds.Item{Title: "bodrum", Text: fmt.Sprintf("madeup%d andanother%d", i, i), Language: "en"})
	}
	s := x.space("en")
	words, rarity := len(s.words), s.rarity(s.intern(hashString("bodrum")>>(64-wordBits)))
	s.prune()
	if len(s.words) > words-80 {
		t.Errorf("%d words of %d are left", len(s.words), words)
	}
	if now := s.rarity(s.intern(hashString("bodrum") >> (64 - wordBits))); now > rarity+.3 || now < rarity-.3 {
		t.Errorf("rarity %.2f, before %.2f", now, rarity)
	}
	p := x.Place(&feeds.Item{Key: 2, Title: "Ferry Meltem strikes rocks near Bodrum", Language: "en", Published: noon.Add(time.Hour)})
	if p.Story != 1 {
		t.Errorf("got %+v", p)
	}
	for i := range 300 {
		x.space(fmt.Sprintf("x%d", i))
	}
	if len(x.spaces) > maxLanguages+1 {
		t.Errorf("%d languages", len(x.spaces))
	}
}

func TestItemOfALongStoryIsForgottenInTheEnd(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{Window: 48 * time.Hour, CopyWindow: 72 * time.Hour})
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for i := range 40 { // a report a day
		at := noon.Add(time.Duration(i) * 24 * time.Hour)
		x.Place(&feeds.Item{Key: int64(i + 1), Title: "Ferry Meltem salvage off Bodrum goes on", Language: "en", URL: fmt.Sprintf("https://o%d.example/1", i), Published: at})
		x.Forget(at.Add(-72 * time.Hour))
	}
	if n := x.docs.len(); n > 10 {
		t.Errorf("%d of 40 items are remembered", n)
	}
	x.docs.each(func(i uint32, d *doc) {
		if !x.docs.used[d.root] {
			t.Errorf("item %d is a copy of one that is forgotten", d.key)
		}
	})
}
