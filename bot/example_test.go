package bot_test

import (
	"fmt"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/story"
)

// Plan decides what fresh items mean, without storing or sending anything.
func ExamplePlan() {
	r, err := rules.Parse("ports.yaml", []byte(`watches: [{id: ports, match: "port AND reopens", notify: ["slack:#ports"]}]`), rules.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	memory := bot.NewMemory(story.NewIndex(story.Options{}))
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	batch := bot.Plan(r.Set(), memory, []bot.Fresh{
		{Item: feeds.Item{Key: 1, ID: "a", Feed: "lantern", Title: "The port of Derna reopens", Language: "en", Seen: now}},
		{Item: feeds.Item{Key: 2, ID: "b", Feed: "lantern", Title: "Baker wins a prize", Language: "en", Seen: now}},
	}, now)
	for _, a := range batch.Alerts {
		fmt.Printf("%s wants story %d told in %v\n", a.Watch, a.Story, a.Rooms)
	}
	for _, d := range batch.Deliveries {
		fmt.Printf("owed: %s\n", d.Key)
	}
	// Output:
	// ports wants story 1 told in [slack:#ports]
	// owed: slack:#ports|1|new
}
