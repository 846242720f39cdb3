package story_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/story"
)

// newswire makes items of made-up words that are as frequent as those of a language (Zipf): one
// in three reports an event that was reported before.
func newswire(n, words int) []*feeds.Item {
	rnd := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rnd, 1.1, 8, 60_000)
	word := func() string { return "w" + fmt.Sprintf("%x", zipf.Uint64()*2654435761%1_000_003) }
	type event struct{ names []string }
	var events []event
	items := make([]*feeds.Item, n)
	for i := range items {
		var e event
		if len(events) > 0 && rnd.IntN(3) == 0 {
			e = events[max(0, len(events)-1-rnd.IntN(2000))]
		} else {
			for range 8 {
				e.names = append(e.names, fmt.Sprintf("Name%d", rnd.IntN(40_000)))
			}
			events = append(events, e)
		}
		var title, body strings.Builder
		for range 4 {
			title.WriteString(e.names[rnd.IntN(len(e.names))] + " " + word() + " ")
		}
		for j := range words {
			if j%12 == 5 {
				body.WriteString(e.names[rnd.IntN(len(e.names))] + " ")
			}
			body.WriteString(word())
			body.WriteString([]string{" ", " ", " ", " ", " ", " ", " ", " ", ", ", ". "}[rnd.IntN(10)])
		}
		items[i] = &feeds.Item{
			Key: int64(i + 1), Title: title.String(), Text: body.String(), Language: "en",
			URL:       fmt.Sprintf("https://outlet%d.example/%d", rnd.IntN(200), i),
			Published: noon.Add(time.Duration(i) * 48 * time.Hour / time.Duration(n)),
		}
	}
	return items
}

func benchmarkPlace(b *testing.B, live, words int) {
	items := newswire(live+1000, words)
	var index *story.Index
	for i := 0; b.Loop(); i++ {
		if i%1000 == 0 {
			b.StopTimer()
			index = story.NewIndex(story.Options{})
			for _, it := range items[:live] {
				index.Place(it)
			}
			b.StartTimer()
		}
		index.Place(items[live+i%1000])
	}
}

// The mean English news item of real feeds has about 130 words; an article has 500.
func BenchmarkPlace10000Live(b *testing.B)         { benchmarkPlace(b, 10_000, 130) }
func BenchmarkPlace10000LiveArticles(b *testing.B) { benchmarkPlace(b, 10_000, 500) }
func BenchmarkPlaceHeadline10000Live(b *testing.B) { benchmarkPlace(b, 10_000, 0) }

// BenchmarkMemory reports what 50,000 live items take.
func BenchmarkMemory(b *testing.B) {
	for _, words := range []int{0, 130, 500} {
		b.Run(fmt.Sprintf("%d words", words), func(b *testing.B) {
			items := newswire(50_000, words)
			var index *story.Index
			for b.Loop() {
				var before, after runtime.MemStats
				index = nil
				runtime.GC()
				runtime.ReadMemStats(&before)
				index = story.NewIndex(story.Options{})
				for _, it := range items {
					index.Place(it)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
			}
			runtime.KeepAlive(index)
		})
	}
}
