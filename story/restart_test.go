package story_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/story"
)

func TestSamePlacementsTwice(t *testing.T) {
	t.Parallel()
	items := newswire(1500, 40)
	place := func() (all []string) {
		x := story.NewIndex(story.Options{})
		for _, it := range items {
			p := x.Place(it)
			all = append(all, fmt.Sprint(p.Story, p.Relation, p.DuplicateOf, p.Score, p.Shared, p.Origin))
		}
		return all
	}
	if !slices.Equal(place(), place()) {
		t.Error("two runs differ")
	}
}

// After a restart the weights of older items are those of the later counts, so that a close
// decision may fall otherwise; all but a few must be the same.
func TestRestartGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	items := newswire(2000, 40)
	const snapshot, restart = 1000, 1500
	x := story.NewIndex(story.Options{})
	var placed []story.Placement
	var words []byte
	for i, it := range items[:restart] {
		if i == snapshot {
			words = x.Snapshot()
		}
		placed = append(placed, x.Place(it))
	}

	y := story.NewIndex(story.Options{})
	if err := y.LoadSnapshot(words); err != nil {
		t.Fatal(err)
	}
	for i, p := range placed {
		if i < snapshot {
			y.Restore(items[i], p)
		} else {
			y.Replay(items[i], p)
		}
	}
	same := 0
	for _, it := range items[restart:] {
		a, b := x.Place(it), y.Place(it)
		if a.Story == b.Story || (a.Relation == story.New && b.Relation == story.New) {
			same++
		}
		if b.Relation == story.New && b.Story <= placed[0].Story {
			t.Fatalf("story id %d was given again", b.Story)
		}
	}
	if n := len(items) - restart; same < n*98/100 {
		t.Errorf("%d of %d placements are the same after a restart", same, n)
	}
}

func TestRestoredItemIsFoundAgainByItsTextAndItsAddress(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Restore(item(1, 0, "https://a.example/1", "Ferry hits rocks", ferry), story.Placement{Story: 41, Relation: story.New, Origin: "AFP"})
	byText := x.Place(item(2, 1, "https://b.example/1", "Forty saved", ferry))
	byURL := x.Place(item(3, 1, "https://a.example/1", "Ferry hits rocks", ferry))
	if byText.Story != 41 || byText.DuplicateOf != 1 || byText.Origin != "AFP" || byURL.Story != 41 {
		t.Errorf("got %+v and %+v", byText, byURL)
	}
	if p := x.Place(item(4, 1, "", "Rates unchanged in Norland", bank)); p.Story != 42 {
		t.Errorf("the next story is %d, want 42", p.Story)
	}
	if p := x.Place(item(1, 0, "https://a.example/1", "Ferry hits rocks", ferry)); p.Story != 41 || p.Relation != story.New || p.Origin != "AFP" {
		t.Errorf("placed again after the restart: %+v", p)
	}
	x.StartAfter(1000)
	if p := x.Place(item(5, 1, "", "Village elects mayor by lot", "")); p.Story != 1001 {
		t.Errorf("the next story is %d, want 1001", p.Story)
	}
}

func TestForgottenStoryAndTextAreNews(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/1", "Ferry hits rocks off Bodrum", ferry))
	x.Forget(noon.Add(time.Hour))
	if p := x.Place(item(2, 2, "https://b.example/1", "Ferry hits rocks off Bodrum", ferry)); p.Relation != story.New || p.Story != 2 {
		t.Errorf("got %+v", p)
	}
}

func TestCopyOfAFinishedStoryDoesNotWakeIt(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{Window: time.Hour, CopyWindow: 48 * time.Hour})
	x.Place(item(1, 0, "https://a.example/1", "Ferry hits rocks off Bodrum", ferry))
	x.Forget(noon.Add(-time.Hour)) // nothing
	for i := range 2000 {
		x.Place(item(int64(10+i), 20, "", fmt.Sprintf("Village%d elects mayor%d", i, i*7), ""))
	}
	late := x.Place(item(2, 21, "https://b.example/1", "Saved at sea", ferry))
	next := x.Place(item(3, 21, "https://c.example/1", "Ferry Meltem struck rocks off Bodrum: captain questioned", ""))
	if late.Story != 1 || late.Relation != story.Duplicate || next.Relation != story.New {
		t.Errorf("got %+v, then %+v", late, next)
	}
}

func TestSnapshotGoesRoundAndIsSmall(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	for _, it := range newswire(3000, 60) {
		x.Place(it)
	}
	b := x.Snapshot()
	y := story.NewIndex(story.Options{})
	if err := y.LoadSnapshot(b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(y.Snapshot(), b) {
		t.Error("the snapshot of a loaded snapshot is another")
	}
	if len(b) > 400_000 {
		t.Errorf("%d bytes for 3,000 texts", len(b))
	}
	if err := y.LoadSnapshot(b); err == nil {
		t.Error("words that are in use were replaced")
	}
}

func TestDamagedSnapshotIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "", "Ferry hits rocks off Bodrum", ferry))
	b := x.Snapshot()
	empty := story.NewIndex(story.Options{}).Snapshot()
	for _, bad := range [][]byte{nil, []byte("tocsin words 9\n"), b[:len(b)-1], append(bytes.Clone(b), 0)} {
		y := story.NewIndex(story.Options{})
		if err := y.LoadSnapshot(bad); err == nil {
			t.Errorf("%d bytes were taken", len(bad))
		}
		if !bytes.Equal(y.Snapshot(), empty) {
			t.Error("a refused snapshot left something behind")
		}
	}
}

func FuzzLoadSnapshot(f *testing.F) {
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "", "Ferry hits rocks off Bodrum", ferry))
	f.Add(x.Snapshot())
	f.Add([]byte("tocsin words 1\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		y := story.NewIndex(story.Options{})
		if y.LoadSnapshot(b) == nil {
			y.Place(item(1, 0, "", "Ferry hits rocks off Bodrum", ferry))
			if err := story.NewIndex(story.Options{}).LoadSnapshot(y.Snapshot()); err != nil {
				t.Error(err)
			}
		}
	})
}

func FuzzPlace(f *testing.F) {
	f.Add("Ferry hits rocks", ferry, "en", "https://a.example/1", int64(0))
	f.Add("عبارة تصطدم", "طرابلس - رويترز - قال مسؤولون", "ar", "http://[::1", int64(-1<<62))
	f.Add("\xff\xfe", "\x00", "zz-", "", int64(1<<40))
	f.Fuzz(func(t *testing.T, title, body, language, url string, seconds int64) {
		x := story.NewIndex(story.Options{})
		x.Place(item(1, 0, "https://a.example/1", "Ferry hits rocks off Bodrum", ferry))
		it := &feeds.Item{Key: 2, Title: title, Text: body, Language: language, URL: url, Published: time.Unix(seconds, 0)}
		p := x.Place(it)
		p.News(it)
		again := *it
		again.Key, again.URL = 3, ""
		if q := x.Place(&again); q.Story != p.Story && q.Rule != "" {
			t.Errorf("the same item is in story %d and then, by the rule %q, in %d", p.Story, q.Rule, q.Story)
		}
		x.Revise(&feeds.Item{Key: 4, Revises: 2, Title: body, Text: title}, it)
		x.Forget(time.Unix(seconds, 0))
	})
}

// Whatever happens, every item gets a story, ids grow, and a duplicate is of an item that came
// before and is no duplicate itself.
func TestPlacementsAreSoundWhateverComes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := story.NewIndex(story.Options{Window: 3 * time.Hour, CopyWindow: 6 * time.Hour})
		texts := []string{"", ferry, ferry[:150], bank, bank + ferry, "short text"}
		titles := []string{"", "Ferry hits rocks off Bodrum", "Rates unchanged in Norland", "Ferry Meltem: forty saved off Bodrum"}
		relation := make(map[int64]story.Relation)
		next := int64(1)
		for key := int64(1); key <= 30; key++ {
			if rapid.IntRange(0, 9).Draw(t, "forget") == 0 {
				x.Forget(noon.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "before")) * time.Hour))
			}
			p := x.Place(item(key, float64(rapid.IntRange(0, 20).Draw(t, "hour")),
				rapid.SampledFrom([]string{"", "https://a.example/1", "https://a.example/2", "https://b.example/1"}).Draw(t, "url"),
				rapid.SampledFrom(titles).Draw(t, "title"), rapid.SampledFrom(texts).Draw(t, "text")))
			relation[key] = p.Relation
			switch p.Relation {
			case story.New:
				if p.Story != next {
					t.Fatalf("item %d starts story %d, want %d", key, p.Story, next)
				}
				next++
			case story.Duplicate:
				if was, ok := relation[p.DuplicateOf]; !ok || was == story.Duplicate || p.DuplicateOf == key {
					t.Fatalf("item %d is a duplicate of %d, which is %q", key, p.DuplicateOf, was)
				}
			}
			if p.Story <= 0 || p.Story >= next || p.Score < 0 || p.Score > 1.0001 {
				t.Fatalf("item %d: %+v", key, p)
			}
		}
	})
}
