package store

import (
	"cmp"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

func TestTheRowOfAFeedThatWasRolledBackIsForgotten(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "tocsin.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	undone := errors.New("undone")
	err = s.write.update(t.Context(), "try", func(tx *tx) error {
		a := &feeds.State{Feed: "a", Polled: at}
		return cmp.Or(tx.saveState(a, 0), tx.touchStates(map[string]*feeds.State{"a": a}), undone)
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	for _, st := range []feeds.State{{Feed: "b", Polled: at}, {Feed: "a", Polled: at.Add(time.Hour)}} { // b gets the row that a had
		if _, err := s.SavePolls(t.Context(), []*feeds.Poll{{Same: true, State: st}}); err != nil {
			t.Fatal(err)
		}
	}
	states, err := s.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a, b := states["a"].Polled, states["b"].Polled; !a.Equal(at.Add(time.Hour)) || !b.Equal(at) {
		t.Errorf("a was polled at %v, b at %v", a, b)
	}
}

func TestATrimmedStoreForgetsWordsAndNoItems(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "tocsin.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i, title := range []string{"Drones over Benghazi", "A drone for Benghazi"} {
		it := feeds.Item{Feed: "a", ID: title, Title: title, Seen: at}
		if _, err := s.SavePolls(t.Context(), []*feeds.Poll{{State: feeds.State{Feed: "a", Polled: at}, Items: []feeds.Item{it}, Article: feeds.ArticleNever}}); err != nil {
			t.Fatal(err)
		}
		if s.write.words.analyzer.Forms() == 0 {
			t.Fatal("no word was indexed")
		}
		if err := s.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.write.words.analyzer.Forms(); n > 0 {
			t.Errorf("%d words are remembered", n)
		}
		if found, err := s.Search(t.Context(), "benghazi", 10); err != nil || len(found) != i+1 {
			t.Errorf("found %d items, %v", len(found), err)
		}
	}
}
