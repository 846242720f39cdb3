package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/store"
)

var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// benchDatabase gives a new database: an SQLite file, or with TOCSIN_BENCH=postgres a schema of the
// server at TOCSIN_POSTGRES.
func benchDatabase(b *testing.B) string {
	if os.Getenv("TOCSIN_BENCH") == "postgres" {
		return store.PostgresSchema(b)
	}
	return filepath.Join(b.TempDir(), "tocsin.db")
}

// press makes items of news length: titles of 9 words and texts of 85, whose words are as common
// and as rare as those of a language.
type press struct {
	words []string
	zipf  *rand.Zipf
	n     int
}

func newPress() *press {
	r := rand.New(rand.NewPCG(1, 2))
	p := &press{zipf: rand.NewZipf(r, 1.1, 2, 49999)}
	const letters = "etaoinshrdlucmfw"
	for i := range 50000 {
		var w []byte
		for n := i + 16; n > 0; n /= 16 {
			w = append(w, letters[n%16])
		}
		p.words = append(p.words, string(w))
	}
	return p
}

func (p *press) text(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(p.words[p.zipf.Uint64()])
		b.WriteByte(' ')
	}
	return b.String()
}

func (p *press) item(feed string) feeds.Item {
	p.n++
	at := t0.Add(time.Duration(p.n) * time.Second)
	return feeds.Item{
		ID: fmt.Sprint("tag:", p.n), Feed: feed, URL: fmt.Sprintf("https://%s.test/news/%d", feed, p.n), Language: "en",
		Title: p.text(9), Text: p.text(85), Published: at, Seen: at, Tags: []string{"world"},
	}
}

// polls makes a poll of each of some feeds, with 30 new items.
func (p *press) polls(first, n int) []*feeds.Poll {
	var out []*feeds.Poll
	for i := range n {
		poll := &feeds.Poll{Article: feeds.ArticleNever, State: feeds.State{Feed: fmt.Sprint("feed", first+i), Polled: t0}}
		for range 30 {
			poll.Items = append(poll.Items, p.item(poll.State.Feed))
		}
		poll.Keys() // identities are computed by the pollers, which are many
		out = append(out, poll)
	}
	return out
}

func perItem(b *testing.B, items int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(items)/1000, "µs/item")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSavePolls is a first fetch: every item is new. polls says how many polls one
// transaction saves.
func BenchmarkSavePolls(b *testing.B) {
	for _, polls := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("new/polls=%d", polls), func(b *testing.B) {
			s, p := open(b, benchDatabase(b)), newPress()
			n := 0
			for b.Loop() {
				b.StopTimer()
				batch := p.polls(n*polls, polls)
				b.StartTimer()
				if _, err := s.SavePolls(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				n++
			}
			perItem(b, n*polls*30)
		})
	}
	b.Run("known/polls=8", func(b *testing.B) {
		s, batch := open(b, benchDatabase(b)), newPress().polls(0, 8)
		n := 0
		for b.Loop() {
			if _, err := s.SavePolls(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			n++
		}
		perItem(b, n*8*30)
	})
	b.Run("unchanged/polls=32", func(b *testing.B) {
		s := open(b, benchDatabase(b))
		var batch []*feeds.Poll
		for i := range 32 {
			batch = append(batch, &feeds.Poll{State: feeds.State{Feed: fmt.Sprint("feed", i), Polled: t0, ETag: `"abc"`, Title: "Title"}})
		}
		n := 0
		for b.Loop() {
			if _, err := s.SavePolls(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			n++
		}
		perItem(b, n*32)
	})
}

// BenchmarkCommitPlan plans 200 items at a time, one in 20 of which matches.
func BenchmarkCommitPlan(b *testing.B) {
	s, p := open(b, benchDatabase(b)), newPress()
	done := 0
	for b.Loop() {
		b.StopTimer()
		if _, err := s.SavePolls(b.Context(), p.polls(done/210, 7)); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		fresh, err := s.FreshItems(b.Context(), 210)
		if err != nil || len(fresh) != 210 {
			b.Fatal(len(fresh), err)
		}
		if err := s.CommitPlan(b.Context(), planOf(fresh)); err != nil {
			b.Fatal(err)
		}
		done += 210
	}
	perItem(b, done)
}

// planOf places every third item in the story of the one before.
func planOf(fresh []bot.Fresh) (batch bot.Batch) {
	for i := range fresh {
		it := &fresh[i]
		story := it.Key - it.Key%3
		p := bot.Placed{Item: it.Key, Story: story + 1, Relation: "new", Outlet: it.Feed, Origin: it.Feed, Score: .5, Shared: []string{"one", "two", "three"}, Time: it.Time()}
		if i%20 == 0 {
			p.Matches = []bot.Reason{{Watch: "w", Title: "Watch", Priority: "high", Item: it.Key, Groups: []bot.Group{{Name: "@a", Role: "title", Evidence: []bot.Evidence{{Field: "title", End: 5, Text: "hello"}}}}}}
			batch.Alerts = append(batch.Alerts, bot.Alert{Watch: "w", Story: p.Story, Priority: "high", Reason: p.Matches[0], Rooms: []bot.Room{"chat:a"}, Created: it.Seen})
			batch.Deliveries = append(batch.Deliveries, bot.Delivery{Key: bot.MakeKey("chat:a", p.Story, "new"), Room: "chat:a", Kind: bot.KindNew, State: bot.StateDue, Story: p.Story, Created: it.Seen, NextTry: it.Seen})
		}
		batch.Placed = append(batch.Placed, p)
	}
	return batch
}

// BenchmarkDelivery takes one delivery from owed to sent: four transactions.
func BenchmarkDelivery(b *testing.B) {
	s := open(b, benchDatabase(b))
	for n := 0; b.Loop(); n++ {
		d := bot.Delivery{Key: fmt.Sprint(n), Room: "chat:a", Kind: bot.KindNew, State: bot.StateDue, Story: int64(n + 1), Created: t0, NextTry: t0}
		if err := deliver(b.Context(), s, d); err != nil {
			b.Fatal(err)
		}
	}
}

func deliver(ctx context.Context, s *store.Store, d bot.Delivery) error {
	if err := s.Owe(ctx, d); err != nil {
		return err
	}
	next, err := s.NextDelivery(ctx, d.Room, t0)
	if err != nil {
		return err
	}
	next.Message = &bot.Message{Title: "title"}
	if err := s.SaveMessage(ctx, next); err != nil {
		return err
	}
	claimed, err := s.ClaimDelivery(ctx, next.Key, t0, t0.Add(time.Minute))
	if err != nil {
		return err
	}
	claimed.State, claimed.Receipt = bot.StateSent, "r"+d.Key
	return s.Settle(ctx, claimed)
}

// benchItems is the size of the archive of BenchmarkArchive.
func benchItems() int {
	if os.Getenv("TOCSIN_HEAVY") != "" {
		return 1_000_000
	}
	return 100_000
}

// BenchmarkArchive asks an archive of 100,000 items (TOCSIN_HEAVY=1: a million) and prunes it.
func BenchmarkArchive(b *testing.B) {
	path := benchDatabase(b)
	s, p, n := open(b, path), newPress(), benchItems()
	begun := time.Now()
	for i := 0; i < n; i += 960 {
		if _, err := s.SavePolls(b.Context(), p.polls(i/30%2000, 32)); err != nil {
			b.Fatal(err)
		}
		fresh, err := s.FreshItems(b.Context(), 960)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.CommitPlan(b.Context(), planOf(fresh)); err != nil {
			b.Fatal(err)
		}
	}
	c, err := s.Counts(b.Context(), t0)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d items in %v: %.0f µs an item, %d bytes an item", n, time.Since(begun), float64(time.Since(begun).Microseconds())/float64(n), c.SizeBytes/int64(n))
	for name, query := range map[string]string{
		"rare": p.words[40000], "mid": p.words[3000], "common": p.words[3], "common-mid": p.words[3] + " " + p.words[3000],
		"phrase": `"` + p.words[3] + " " + p.words[7] + `"`, "prefix": p.words[3000] + "*", "excluded": p.words[3] + " -" + p.words[0],
	} {
		b.Run("search/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Search(b.Context(), query, 20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Counts(b.Context(), t0); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("remember", func(b *testing.B) {
		for b.Loop() {
			got := 0
			for _, err := range s.Remember(b.Context(), t0.Add(time.Duration(n-20000)*time.Second)) {
				if err != nil {
					b.Fatal(err)
				}
				got++
			}
			b.ReportMetric(float64(got), "items")
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			r, err := store.Open(b.Context(), path, store.ReadOnly())
			if err != nil {
				b.Fatal(err)
			}
			r.Close()
		}
	})
	begun = time.Now()
	done, err := s.Prune(b.Context(), t0.Add(time.Duration(n/10)*time.Second))
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("pruned %+v in %v", done, time.Since(begun))
}
