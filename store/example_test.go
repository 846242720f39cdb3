package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/store"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "tocsin")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	s, err := store.Open(ctx, filepath.Join(dir, "tocsin.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	poll := &feeds.Poll{
		State: feeds.State{Feed: "dawn", Polled: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)},
		Items: []feeds.Item{{ID: "1", Feed: "dawn", Title: "Haftar meets Munir in Rawalpindi", Text: "They spoke of security."}},
	}
	for range 2 {
		decisions, err := s.SavePolls(ctx, []*feeds.Poll{poll})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("new:", decisions[0].Fresh, "known:", decisions[0].Known)
	}
	found, err := s.Search(ctx, `haftar "meets munir" -cricket`, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, it := range found {
		fmt.Println(it.Title)
	}
	// Output:
	// new: 1 known: 0
	// new: 0 known: 1
	// Haftar meets Munir in Rawalpindi
}
