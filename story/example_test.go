package story_test

import (
	"fmt"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/story"
)

func ExampleIndex_Place() {
	index := story.NewIndex(story.Options{})
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for i, title := range []string{
		"Ferry runs aground off Bodrum, 40 passengers rescued",
		"Central bank leaves interest rates unchanged",
		"Passengers rescued after ferry runs aground near Bodrum",
	} {
		p := index.Place(&feeds.Item{Key: int64(i + 1), Title: title, Language: "en", Published: noon.Add(time.Duration(i) * time.Hour)})
		fmt.Printf("story %d: %s\n", p.Story, p.Relation)
	}
	// Output:
	// story 1: new
	// story 2: new
	// story 1: update
}
