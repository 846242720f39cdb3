package feeds

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// remember is the memory of a store: what SavePolls keeps of the items of one feed.
type remember struct {
	keys  map[Key]int64
	known map[int64]Known
	last  int64
}

func (r *remember) poll(p *Poll) Decision {
	known := map[Key]Known{}
	for _, k := range p.Keys() {
		if id, ok := r.keys[k]; ok {
			known[k] = r.known[id]
		}
	}
	d := p.Decide(known)
	if r.keys == nil {
		r.keys, r.known = map[Key]int64{}, map[int64]Known{}
	}
	for item, print := range d.Learnt {
		k := r.known[item]
		k.Prints = []Print{print}
		r.known[item] = k
	}
	for _, n := range d.New {
		root := n.Item.Revises
		if root == 0 {
			r.last++
			root = r.last
			r.known[root] = Known{Item: root, Baseline: n.Stage == StageBaseline}
		}
		k := r.known[root]
		k.Prints = append(k.Prints, n.Print)
		r.known[root] = k
		for _, key := range n.Keys {
			if _, ok := r.keys[key]; !ok {
				r.keys[key] = root
			}
		}
	}
	return d
}

func newsItem(guid, link, title string) Item {
	return Item{ID: guid, URL: link, Title: title, Text: "What " + title + " is about, told in a sentence or two for the reader of " + link + "."}
}

func entries(n int, f func(i int) Item) []Item {
	var out []Item
	for i := range n {
		out = append(out, f(i))
	}
	return out
}

func wireItem(i int) Item {
	return newsItem(fmt.Sprint("tag:wire,", i), fmt.Sprintf("http://wire.test/news/%d", i), fmt.Sprintf("Event number %c happens", 'A'+i))
}

func changed(items []Item, f func(i int, it *Item)) []Item {
	items = slices.Clone(items)
	for i := range items {
		f(i, &items[i])
	}
	return items
}

// Feeds lose and change ids, dates and links of items that stay the same, and give new items the
// marks of old ones. Each case polls its documents in turn and says how many items of each are new.
func TestEveryItemIsNewExactlyOnce(t *testing.T) {
	ten := entries(10, wireItem)
	at := func(d string) time.Time { p, _ := time.Parse(time.DateOnly, d); return p }
	cases := []struct {
		name string
		docs [][]Item
		want []int
	}{
		{"unchanged", [][]Item{ten, ten}, []int{10, 0}},
		{"guid-change", [][]Item{ten, changed(ten, func(i int, it *Item) { it.ID = fmt.Sprint("new-", i) })}, []int{10, 0}},
		{"http-to-https", [][]Item{
			changed(ten, func(i int, it *Item) { it.ID = it.URL }),
			changed(ten, func(i int, it *Item) { it.URL = "https" + it.URL[4:]; it.ID = it.URL }),
		}, []int{10, 0}},
		{"https-and-guid-change", [][]Item{ten,
			changed(ten, func(i int, it *Item) { it.URL = "https" + it.URL[4:]; it.ID = fmt.Sprint("uuid-", i) })}, []int{10, 0}},
		{"link-tracking", [][]Item{ten,
			changed(ten, func(i int, it *Item) { it.URL += "?utm_source=rss&x=9a#comments"; it.ID = it.URL })}, []int{10, 0}},
		{"session-in-the-query", [][]Item{
			changed(ten, func(i int, it *Item) { it.URL += "?session=1f"; it.ID = it.URL }),
			changed(ten, func(i int, it *Item) { it.URL += "?session=2e"; it.ID = it.URL }),
		}, []int{10, 0}},
		{"trailing-slash-www-port", [][]Item{ten,
			changed(ten, func(i int, it *Item) { it.URL = fmt.Sprintf("https://www.wire.test:443/news/%d/", i); it.ID = it.URL })}, []int{10, 0}},
		{"redated", [][]Item{ten, changed(ten, func(i int, it *Item) { it.Published = at("2026-05-01"); it.Updated = it.Published })}, []int{10, 0}},
		{"rollback", [][]Item{ten[:8], ten, ten[:8], ten}, []int{8, 2, 0, 0}},
		{"two-nodes", [][]Item{ten,
			changed(ten[:9], func(i int, it *Item) { it.ID = fmt.Sprint("node-b-", i) }), ten,
			changed(ten[:9], func(i int, it *Item) { it.ID = fmt.Sprint("node-b-", i) })}, []int{10, 0, 0, 0}},
		{"disappear", [][]Item{ten, ten[:3], nil, ten}, []int{10, 0, 0, 0}},
		{"backdated", [][]Item{ten[:5], append(changed(ten[5:6], func(i int, it *Item) { it.Published = at("1999-01-01") }), ten[:5]...)}, []int{5, 1}},
		{"undated", [][]Item{ten[:5], ten[:6]}, []int{5, 1}},
		{"same-guid-all", [][]Item{
			changed(ten[:6], func(i int, it *Item) { it.ID = "1" }), changed(ten, func(i int, it *Item) { it.ID = "1" })}, []int{6, 4}},
		{"guid-reused", [][]Item{ten[:3], changed(ten[3:6], func(i int, it *Item) { it.ID = ten[i].ID })}, []int{3, 3}},
		{"window", [][]Item{ten[0:4], ten[2:6], ten[4:8], ten[6:10]}, []int{4, 2, 2, 2}},
		{"same-link-all", [][]Item{
			changed(ten[:6], func(i int, it *Item) { it.URL = "https://wire.test/live"; it.ID = it.URL }),
			changed(ten, func(i int, it *Item) { it.URL = "https://wire.test/live"; it.ID = it.URL })}, []int{6, 4}},
		{"front-page-link-all", [][]Item{
			changed(ten[:6], func(i int, it *Item) { it.URL = "https://wire.test/"; it.ID = fmt.Sprint(i); it.Title = "Alert" }),
			changed(ten, func(i int, it *Item) { it.URL = "https://wire.test/"; it.ID = fmt.Sprint(i); it.Title = "Alert" })}, []int{6, 4}},
		{"same-title-daily", [][]Item{
			changed(ten[0:1], func(i int, it *Item) { it.Title = "Market wrap" }),
			changed(ten[1:2], func(i int, it *Item) { it.Title = "Market wrap" }),
			changed(ten[0:3], func(i int, it *Item) { it.Title = "Market wrap" }),
		}, []int{1, 1, 1}},
		{"same-title-behind-a-script", [][]Item{
			{newsItem("", "https://wire.test/story.php?id=1", "Market wrap")},
			{newsItem("", "https://wire.test/story.php?id=2", "Market wrap")},
			{newsItem("", "https://wire.test/story.php?id=2&utm_campaign=x", "Market wrap")},
		}, []int{1, 1, 0}},
		{"videos", [][]Item{
			{newsItem("yt:1", "https://www.youtube.com/watch?v=a", "Briefing")},
			{newsItem("yt:2", "https://www.youtube.com/watch?v=b", "Briefing"), newsItem("yt:1", "https://www.youtube.com/watch?v=a", "Briefing")},
		}, []int{1, 1}},
		{"google-news", [][]Item{
			{newsItem("CBMiA1", "https://news.google.com/rss/articles/CBMiA1?oc=5", "Haftar meets Munir - Dawn")},
			{newsItem("CBMiA1", "https://news.google.com/rss/articles/CBMiA1?hl=en", "Haftar meets Munir - Dawn"),
				newsItem("CBMiB2", "https://news.google.com/rss/articles/CBMiB2?oc=5", "Haftar meets Munir - Reuters")},
		}, []int{1, 1}},
		{"no-title", [][]Item{
			changed(ten[:4], func(i int, it *Item) { it.Title = "" }),
			changed(ten, func(i int, it *Item) { it.Title = ""; it.ID = fmt.Sprint("other-", i) })}, []int{4, 6}},
		{"no-link", [][]Item{
			changed(ten[:4], func(i int, it *Item) { it.URL = "" }),
			changed(ten, func(i int, it *Item) { it.URL = ""; it.ID = fmt.Sprint("random-", i+77) })}, []int{4, 6}},
		{"no-guid-no-link", [][]Item{
			changed(ten[:4], func(i int, it *Item) { it.URL, it.ID = "", "" }),
			changed(ten, func(i int, it *Item) { it.URL, it.ID = "", "" })}, []int{4, 6}},
		{"guid-only", [][]Item{{{ID: "a"}, {ID: "b"}}, {{ID: "a"}, {ID: "b"}, {ID: "c"}}}, []int{2, 1}},
		{"nothing-at-all", [][]Item{{{}}, {{}, {}}}, []int{1, 0}},
		{"listed-twice", [][]Item{append(slices.Clone(ten), ten...), ten}, []int{10, 0}},
		{"listed-twice-under-two-guids", [][]Item{append(slices.Clone(ten), changed(ten, func(i int, it *Item) { it.ID += "-b" })...), ten}, []int{10, 0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var r remember
			for n, doc := range c.docs {
				d := r.poll(&Poll{Items: doc, Article: ArticleNever})
				if d.Fresh != c.want[n] || d.Revised != 0 {
					t.Errorf("document %d: %d fresh, %d revised; want %d fresh", n+1, d.Fresh, d.Revised, c.want[n])
				}
				if len(d.New)+d.Known != len(doc) {
					t.Errorf("document %d: %d new + %d known of %d", n+1, len(d.New), d.Known, len(doc))
				}
			}
		})
	}
}
