package newswire

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Stage is the part of the day's news that comes out at one time.
//
// A file of content/ is a stage. It begins with the stage's own keys; an item begins with a line
// that names its outlet and itself, followed by its keys, a blank line, and its paragraphs, with a
// blank line between them:
//
//	stage: Near misses
//	at: 10:30
//
//	-- meridian/cable-cut --
//	at: 10:05
//	title: Cut sea cable slows internet
//	story: cable
//
//	A paragraph of the article.
//
// The keys of an item are at (also "yesterday 18:00"), updated, title, byline, dateline, teaser,
// tags, caption, and of its truth story, kind, match (yes), copy-of and facts. Those left out have
// the defaults that [Item] and [Truth] name. An item that comes again under its name is a new
// version of it.
type Stage struct {
	Name  string
	At    time.Time
	Items []Item // in the order in which they came out
}

// Item is one item as its outlet publishes it.
type Item struct {
	Truth

	Byline   string   // empty when nobody signs
	Dateline string   // precedes the first paragraph on the page: "TRIPOLI (Meridian Wire) —"
	Teaser   string   // what a feed that only teases carries. Defaults to the first paragraph
	Tags     []string // the outlet's categories
	Caption  string   // of the picture, with its credit. Empty when there is none
	Updated  time.Time
}

// Last is when the item last changed.
func (it Item) Last() time.Time {
	if it.Updated.IsZero() {
		return it.Published
	}
	return it.Updated
}

// picture is the address of the item's picture; empty when it has none.
func (it Item) picture(home string) string {
	if it.Caption == "" {
		return ""
	}
	return home + "/img/" + it.Slug + ".gif"
}

// Truth is what a reader who has seen the whole day knows about one item.
type Truth struct {
	Feed      string // the name of the outlet and of its only feed
	Slug      string // the item's name within its outlet
	ID        string // the guid under which the feed carries it
	Path      string // of its page, to follow Feed.Home: "/2026/11/23/cable-cut.html"
	Language  string // BCP 47
	Stage     int    // counted from 0
	Published time.Time

	Title string
	Text  string // the article alone, without furniture; a blank line between paragraphs

	// Story names the event that the item reports, the same in every language. An item that
	// shares it with no other is a story of its own. Defaults to "feed/slug".
	Story string

	// Kind is what the item adds to its story. Defaults to KindNew for the first item of the
	// story in its language, and to KindCoverage for every other.
	Kind Kind

	// Match says that the watch [Watch] is meant to match the item's article.
	Match bool

	// CopyOf is "feed/slug" of the item whose text this one carries with small edits. Empty
	// when the text is the outlet's own.
	CopyOf string

	// Facts are the words of the text that say what is new, where Kind is KindUpdate or
	// KindCorrection. No earlier item of the story has those of an update.
	Facts []string
}

// Kind is what an item adds to its story.
type Kind string

// The kinds of item.
const (
	KindNew        Kind = "new"        // the first report of what happened
	KindUpdate     Kind = "update"     // has a fact that changes the picture
	KindCorrection Kind = "correction" // replaces a fact
	KindCoverage   Kind = "coverage"   // tells what is known, in its own words or as a copy
)

// Name is how content files name the item: "feed/slug".
func (t *Truth) Name() string { return t.Feed + "/" + t.Slug }

// loadStage reads one content file. A mistake in it is a panic that names file and line.
func loadStage(fsys fs.FS, name string, n int, w *Wire) Stage {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		panic(err)
	}
	head, blocks := split(name, data)
	stage := Stage{Name: head.take("stage"), At: w.timeOfDay(head, head.take("at"))}
	head.done()
	for _, b := range blocks {
		stage.Items = append(stage.Items, w.item(b, n, stage.At))
	}
	slices.SortStableFunc(stage.Items, func(a, b Item) int { return a.Last().Compare(b.Last()) })
	return stage
}

// item turns a block into an item with its defaults.
func (w *Wire) item(b *block, stage int, stageAt time.Time) Item {
	feed, slug, ok := strings.Cut(b.name, "/")
	o := w.outlet(feed)
	if !ok || o == nil {
		b.fail("no outlet is named %q", feed)
	}
	it := Item{
		Truth: Truth{
			Feed: feed, Slug: slug, ID: o.id(slug), Language: o.Language, Stage: stage,
			Title:  b.take("title"),
			Story:  b.take("story"),
			Kind:   Kind(b.take("kind")),
			CopyOf: b.take("copy-of"),
			Facts:  b.list("facts", "|"),
			Text:   strings.Join(b.paragraphs, "\n\n"),
		},
		Byline:   b.take("byline"),
		Dateline: b.take("dateline"),
		Teaser:   b.take("teaser"),
		Tags:     b.list("tags", ","),
		Caption:  b.take("caption"),
	}
	switch match := b.take("match"); match {
	case "", "yes":
		it.Match = match == "yes"
	default:
		b.fail("match is %q, want yes or nothing", match)
	}
	it.Published = w.timeOfDay(b, b.take("at"))
	it.Path = it.Published.Format("/2006/01/02/") + slug + ".html"
	if updated := b.take("updated"); updated != "" {
		it.Updated = w.timeOfDay(b, updated)
	}
	b.done()

	if it.Story == "" {
		it.Story = it.Name()
	}
	if it.Teaser == "" && len(b.paragraphs) > 0 {
		it.Teaser = b.paragraphs[0]
	}
	switch {
	case it.Title == "" || it.Text == "":
		b.fail("an item needs a title and a text")
	case it.Published.After(stageAt) || it.Updated.After(stageAt):
		b.fail("the item is later than its stage")
	case !slices.Contains([]Kind{"", KindNew, KindUpdate, KindCorrection, KindCoverage}, it.Kind):
		b.fail("no kind is called %q", it.Kind)
	}
	return it
}

// timeOfDay reads "15:04", or "yesterday 15:04", as an hour of the wire's day.
func (w *Wire) timeOfDay(b *block, s string) time.Time {
	clock, yesterday := strings.CutPrefix(s, "yesterday ")
	t, err := time.Parse("15:04", clock)
	if err != nil {
		b.fail("at: %v", err)
	}
	d := w.day.Day()
	if yesterday {
		d--
	}
	return time.Date(w.day.Year(), w.day.Month(), d, t.Hour(), t.Minute(), 0, 0, w.day.Location())
}

// setKinds gives every item that names no kind the one that its place in the story means.
func (w *Wire) setKinds() {
	told := map[[2]string]bool{}
	for _, s := range w.stages {
		for i := range s.Items {
			it := &s.Items[i]
			story := [2]string{it.Story, it.Language}
			if it.Kind == "" && told[story] {
				it.Kind = KindCoverage
			}
			if it.Kind == "" {
				it.Kind = KindNew
			}
			told[story] = true
		}
	}
}

// check panics where items contradict each other.
func (w *Wire) check() {
	seen, ids := map[string]Item{}, map[string]string{}
	for _, s := range w.stages {
		for _, it := range s.Items {
			first, again := seen[it.Name()]
			if again && (it.Updated.IsZero() || !it.Published.Equal(first.Published)) {
				panic(fmt.Sprintf("newswire: %s comes twice; a new version keeps the time and says when it was updated", it.Name()))
			}
			if _, ok := seen[it.CopyOf]; it.CopyOf != "" && !ok {
				panic(fmt.Sprintf("newswire: %s is a copy of %q, which has not been published", it.Name(), it.CopyOf))
			}
			if other, ok := ids[it.ID]; ok && other != it.Name() {
				panic(fmt.Sprintf("newswire: %s and %s have the same id", it.Name(), other))
			}
			seen[it.Name()], ids[it.ID] = it, it.Name()
		}
	}
}

func indexID(items []Item, id string) int {
	return slices.IndexFunc(items, func(it Item) bool { return it.ID == id })
}

// sortNewestFirst puts items in the order of a feed; items of one minute keep that of the file.
func sortNewestFirst(items []Item) {
	slices.SortStableFunc(items, func(a, b Item) int { return b.Published.Compare(a.Published) })
}
