package newswire_test

import (
	"fmt"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
)

func Example() {
	w := newswire.New(newswire.Options{})
	server, err := w.Listen()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	feeds := w.Feeds(server.URL) // what to poll
	for n, stage := range w.Stages() {
		w.Publish(n) // and poll again
		if stage.Name == "The meeting" {
			for _, it := range stage.Items {
				if it.Match {
					fmt.Printf("%s %s: %s\n", it.Published.Format("15:04"), it.Feed, it.Title)
				}
			}
		}
	}
	fmt.Println(len(feeds), "feeds")
	// Output:
	// 11:20 meridian: Libya's Haftar meets Pakistan army chief in Rawalpindi
	// 11:41 harbour-post: Eastern Libya's Haftar in Rawalpindi for talks with Pakistan's army chief
	// 11:50 northgate-herald: WORLD: Libyan commander visits Pakistan
	// 11:55 karachi-ledger: Field Marshal Munir hosts Libyan commander Haftar at GHQ
	// 15 feeds
}
