package story_test

import (
	"net/mail"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/realdata"
	"github.com/tocsin-bot/tocsin/story"
)

// headline is a line of the stream of real headlines.
type headline struct {
	Seen      string `json:"f"`
	Title     string `json:"t"`
	URL       string `json:"u"`
	Published string `json:"p"`
	Source    string `json:"s"`
}

func (h *headline) item(key int64) *feeds.Item {
	it := &feeds.Item{Key: key, ID: h.URL, Feed: h.Source, URL: h.URL, Title: h.Title, Language: "en"}
	it.Seen, _ = time.Parse(time.RFC3339, h.Seen)
	if t, err := mail.ParseDate(h.Published); err == nil {
		it.Published = t.UTC()
	}
	return it
}

func TestSixWeeksOfHeadlinesArePlacedInSeconds(t *testing.T) {
	lines := realdata.Lines[headline](t, "stream/*.jsonl.xz")
	x := story.NewIndex(story.Options{})
	relations := make(map[story.Relation]int)
	sizes := make(map[int64]int)
	start := time.Now()
	for i := range lines {
		p := x.Place(lines[i].item(int64(i + 1)))
		relations[p.Relation]++
		sizes[p.Story]++
	}
	took := time.Since(start)
	largest := 0
	for _, n := range sizes {
		largest = max(largest, n)
	}
	t.Logf("%d headlines in %.2f s: %d new, %d updates, %d duplicates; the largest story has %d items",
		len(lines), took.Seconds(), relations[story.New], relations[story.Update], relations[story.Duplicate], largest)
	if largest > len(lines)/100 || relations[story.New] < len(lines)/4 {
		t.Error("topics have swallowed stories")
	}
}
