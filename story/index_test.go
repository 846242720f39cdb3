package story_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/story"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// item makes an item that was published so many hours after noon.
func item(key int64, hours float64, url, title, body string) *feeds.Item {
	return &feeds.Item{Key: key, ID: fmt.Sprint(key), URL: url, Title: title, Text: body, Language: "en",
		Published: noon.Add(time.Duration(hours * float64(time.Hour)))}
}

const ferry = `The ferry Meltem struck rocks off Bodrum before dawn on Monday with 40 passengers on board, the coastguard said.
Rescue boats brought all of them ashore within two hours. The captain was questioned by prosecutors, who said that the weather had been calm.`

const bank = `The central bank of Norland left its key rate at 4.5 per cent and signalled no change before summer.
Governor Eila Storm told reporters that prices were falling more slowly than the bank had hoped.`

func TestCopyWithAnotherHeadlineIsADuplicateOfTheFirst(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/1", "Ferry hits rocks off Bodrum", ferry))
	x.Place(item(2, 1, "https://b.example/1", "Rates unchanged in Norland", bank))
	p := x.Place(item(3, 90, "https://c.example/9", "Forty saved at sea", ferry[:200]))
	if p.Story != 1 || p.Relation != story.Duplicate || p.DuplicateOf != 1 || p.Origin != "a.example" {
		t.Errorf("got %+v", p)
	}
}

func TestATrimmedIndexPlacesAsBefore(t *testing.T) {
	t.Parallel()
	items := []*feeds.Item{
		item(1, 0, "https://a.example/1", "Ferry hits rocks off Bodrum", ferry),
		item(2, 1, "https://b.example/1", "Rates unchanged in Norland", bank),
		item(3, 2, "https://c.example/9", "Forty saved at sea", ferry[:200]),
		item(4, 3, "https://d.example/4", "Ferry Meltem strikes rocks near Bodrum, all passengers saved", ""),
	}
	kept, trimmed := story.NewIndex(story.Options{}), story.NewIndex(story.Options{})
	for _, it := range items {
		want, got := kept.Place(it), trimmed.Place(it)
		if got.Story != want.Story || got.Relation != want.Relation || !slices.Equal(got.Shared, want.Shared) {
			t.Errorf("item %d: got %+v, want %+v", it.Key, got, want)
		}
		trimmed.Trim()
	}
	if !slices.Equal(kept.Snapshot(), trimmed.Snapshot()) {
		t.Error("another count of words")
	}
}

func TestOutletDoesNotCopyItself(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/1", "Ferry hits rocks off Bodrum", ferry))
	p := x.Place(item(2, 3, "https://www.a.example/2", "Captain of ferry questioned", "The captain was detained at noon. "+ferry))
	if p.Story != 1 || p.Relation != story.Update {
		t.Errorf("got %+v", p)
	}
}

func TestSamePageInTwoFeedsCountsOnce(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://www.a.example/1?utm_source=rss", "Ferry hits rocks off Bodrum", ""))
	p := x.Place(item(2, 1, "http://a.example/1/", "Ferry hits rocks off Bodrum", ""))
	if p.Story != 1 || p.Relation != story.Duplicate || p.DuplicateOf != 1 {
		t.Errorf("got %+v", p)
	}
}

func TestPlaceGivesTheSameAnswerWhenAskedAgain(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "", "Ferry hits rocks off Bodrum", ferry))
	first := x.Place(item(2, 1, "", "Ferry Meltem strikes rocks near Bodrum, all passengers saved", ""))
	before := x.Snapshot()
	again := x.Place(item(2, 1, "", "Ferry Meltem strikes rocks near Bodrum, all passengers saved", ""))
	if first.Story != again.Story || first.Relation != again.Relation || !slices.Equal(first.Shared, again.Shared) {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if !slices.Equal(before, x.Snapshot()) {
		t.Error("the second call counted the words again")
	}
}

func TestReportAfterTheWindowStartsANewStory(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "", "Ferry Meltem hits rocks off Bodrum", ferry))
	if p := x.Place(item(2, 80, "", "Ferry Meltem hits rocks off Bodrum", "")); p.Story != 2 || p.Relation != story.New {
		t.Errorf("got %+v", p)
	}
}

func TestUpdateAfterAFullArticleOfTheSameAddressIsNoDuplicate(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/1", "Ferry hits rocks off Bodrum", ferry))
	teaser := x.Place(item(2, 0.1, "https://a.example/1", "Ferry hits rocks off Bodrum", ferry[:120]))
	changed := x.Place(item(3, 1, "https://a.example/1", "Ferry hits rocks off Bodrum", "Two passengers are missing. "+ferry))
	if teaser.Relation != story.Duplicate || changed.Relation != story.Update || changed.Story != 1 {
		t.Errorf("teaser %s, changed article %s in story %d", teaser.Relation, changed.Relation, changed.Story)
	}
}

func TestHeadlineOfAnotherOutletIsADuplicateWhenNeitherHasAText(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/1", "Ferry Meltem hits rocks off Bodrum", ""))
	same := x.Place(item(2, 1, "https://b.example/1", "Ferry Meltem hits rocks off Bodrum", ""))
	text := x.Place(item(3, 1, "https://c.example/1", "Ferry Meltem hits rocks off Bodrum", ferry))
	if same.Relation != story.Duplicate || same.DuplicateOf != 1 || same.Rule != story.ByHeadline {
		t.Errorf("same headline: %+v", same)
	}
	if text.Story != 1 || text.Relation != story.Update {
		t.Errorf("same headline with a text of its own: %+v", text)
	}
}

func TestLanguagesAreNeverJoined(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "", "Ferry Meltem Bodrum", ferry))
	other := item(2, 1, "", "Meltem Bodrum", "Meltem Bodrum Meltem Bodrum Meltem Bodrum Meltem Bodrum")
	other.Language = "tr-TR"
	if p := x.Place(other); p.Relation != story.New {
		t.Errorf("got %+v", p)
	}
}

func TestOneDateInTheFutureEndsNoStory(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "", "Ferry Meltem hits rocks off Bodrum", ferry))
	for i := range 3000 { // enough for several sweeps
		hours := float64(i) / 300
		if i%100 == 50 {
			hours = 500_000
		}
		x.Place(item(int64(10+i), hours, "", fmt.Sprintf("Village%d elects mayor%d", i, i*7), ""))
	}
	if p := x.Place(item(9, 11, "", "Ferry Meltem strikes rocks off Bodrum, captain held", "")); p.Story != 1 {
		t.Errorf("got %+v", p)
	}
}

func TestItemWithoutAnyTimeTakesThatOfTheItemsAroundIt(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "", "Ferry Meltem hits rocks off Bodrum", ferry))
	undated := item(2, 0, "", "Ferry Meltem strikes rocks off Bodrum, captain held", "")
	undated.Published = time.Time{}
	if p := x.Place(undated); p.Story != 1 || !p.Time.Equal(noon) {
		t.Errorf("got %+v", p)
	}
}

func TestNewsAreTheFactsThatTheStoryHadNot(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/1", "Pakistan to deliver trainer aircraft to Libya", "Pakistan will deliver ten trainer aircraft to eastern Libya, officials said on Monday in Rawalpindi. The deal is worth $4 billion, they said after Khalifa Haftar met Asim Munir."))
	it := item(2, 2, "https://b.example/1", "Libya and Pakistan widen aircraft deal", "The aircraft deal between Pakistan and eastern Libya is worth $4.6 billion, Saddam Haftar said in Benghazi. Officials in Rawalpindi confirmed that the trainer aircraft will be delivered.")
	p := x.Place(it)
	if p.Story != 1 || p.Relation != story.Update {
		t.Fatalf("got %+v", p)
	}
	news := p.News(it)
	for _, want := range []string{"$4.6 billion", "Saddam Haftar", "Benghazi"} {
		if !slices.Contains(news, want) {
			t.Errorf("%q lacks %q", news, want)
		}
	}
	for _, not := range []string{"Rawalpindi", "Libya", "Pakistan"} {
		if slices.Contains(news, not) {
			t.Errorf("%q has %q, which the first report told", news, not)
		}
	}
}

func TestRewordingHasNoNews(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/1", "Ferry Meltem hits rocks off Bodrum, 40 passengers saved", ferry))
	it := item(2, 1, "https://b.example/1", "All 40 passengers saved as ferry hits rocks", "Rescue boats brought 40 passengers ashore on Monday after their ferry, the Meltem, struck rocks off Bodrum, the coastguard said.")
	if p := x.Place(it); p.Relation != story.Update || len(p.News(it)) > 0 {
		t.Errorf("%+v, news %q", p, p.News(it))
	}
}

func TestChangedAmountOrHeadlineIsACorrectionWithTheOldAndTheNew(t *testing.T) {
	t.Parallel()
	const first = "The aircraft deal between Pakistan and eastern Libya is worth $4.6 billion, officials said on Monday. The first aircraft will be handed over in spring."
	for _, c := range []struct {
		name, title, text string
		relation          story.Relation
		kind              string
		facts             []string
	}{
		{"amount", "Libya signs aircraft deal", strings.Replace(first, "4.6", "4", 1), story.Update, story.Correction, []string{"$4 billion, was $4.6 billion"}},
		{"amount with a note", "Libya signs aircraft deal", strings.Replace(first, "4.6", "4", 1) + "\n\nThis report has been corrected. An earlier version gave the value as $4.6 billion.", story.Update, story.Correction, []string{"$4 billion, was $4.6 billion"}},
		{"headline", "Libya delays aircraft deal", first, story.Update, story.Correction, []string{"headline: “Libya delays aircraft deal”, was “Libya signs aircraft deal”"}},
		{"nothing", "Libya signs aircraft deal", first, story.Duplicate, "", nil},
		{"a paragraph", "Libya signs aircraft deal", first + "\n\nA spokesman for the ministry of defence in Islamabad declined to comment on the terms of payment.", story.Update, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := story.NewIndex(story.Options{})
			old := item(1, 0, "https://a.example/1", "Libya signs aircraft deal", first)
			x.Place(old)
			x.Place(item(2, 0, "https://b.example/2", "Rates unchanged in Norland", bank))
			changed := item(3, 5, "https://a.example/1", c.title, c.text)
			changed.Revises = 1
			p := x.Revise(changed, old)
			if p.Story != 1 || p.Relation != c.relation || p.Kind != c.kind || !slices.Equal(p.Facts, c.facts) {
				t.Errorf("got %+v", p)
			}
			if c.relation == story.Duplicate && p.DuplicateOf != 1 {
				t.Errorf("duplicate of %d", p.DuplicateOf)
			}
		})
	}
}

func TestReportThatIsCalledACorrectionIsOne(t *testing.T) {
	t.Parallel()
	for _, title := range []string{"Correction: ferry Meltem had 38 passengers", "CORRECTED - Ferry Meltem had 38 passengers", "Rectificatif : ferry Meltem", "Düzeltme: Meltem ferry", "تصحيح: Meltem ferry", "تصحیح: Meltem ferry"} {
		x := story.NewIndex(story.Options{})
		x.Place(item(1, 0, "https://a.example/1", "Ferry Meltem hits rocks off Bodrum", ferry))
		if p := x.Place(item(2, 3, "https://a.example/2", title, "The ferry Meltem that struck rocks off Bodrum on Monday had 38 passengers on board, not 40 as the coastguard said.")); p.Kind != story.Correction {
			t.Errorf("%s: %+v", title, p)
		}
	}
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "", "Ferry Meltem hits rocks off Bodrum", ferry))
	if p := x.Place(item(2, 3, "", "Corrections officer among ferry Meltem passengers off Bodrum", "")); p.Relation != story.Update || p.Kind != "" {
		t.Errorf("got %+v", p)
	}
}

func TestReportOfACorrectionTellsTheOldAndTheNew(t *testing.T) {
	t.Parallel()
	for language, text := range map[string]string{
		"en": "The aircraft deal is worth $4 billion, not $4.6 billion as this newspaper reported.",
		"tr": "Uçak anlaşmasının değeri 4,6 milyar dolar değil, 4 milyar dolar olacak.",
	} {
		x := story.NewIndex(story.Options{})
		first := item(1, 0, "https://a.example/1", "Aircraft deal signed in Libya", text)
		it := item(2, 3, "https://a.example/2", "Correction: aircraft deal with Libya", text+" Aircraft deal.")
		first.Language, it.Language = language, language
		x.Place(first)
		p := x.Place(it)
		news := p.News(it)
		if p.Kind != story.Correction || len(news) != 1 || !strings.Contains(news[0], ", was ") || strings.Contains(strings.SplitN(news[0], ", was ", 2)[0], "6") {
			t.Errorf("%s: %+v, news %q", language, p, news)
		}
	}
}

func TestReportsOfOneFormAreNoCopies(t *testing.T) {
	t.Parallel()
	report := func(index, change, high, low, trades string) string {
		return "The Norland index closed at " + index + " points, " + change + " per cent from the day before. The high of the session was " + high +
			" and the low " + low + ". Traders counted " + trades + " trades. Prices are those of the official close."
	}
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/1", "Norland closing prices", report("4,120", "0.3", "4,140", "4,101", "12,345")))
	same := x.Place(item(2, 1, "https://b.example/1", "Closing prices in Norland", report("4,120", "0.3", "4,140", "4,101", "12,345")))
	next := x.Place(item(3, 24, "https://b.example/2", "Closing prices in Norland", report("4,090", "0.7", "4,131", "4,087", "15,222")))
	if same.Relation != story.Duplicate || next.Relation == story.Duplicate {
		t.Errorf("the same report is a %s, the next day's a %s", same.Relation, next.Relation)
	}
}

func TestColumnWithADailyHeadlineIsNewsEveryDay(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	x.Place(item(1, 0, "https://a.example/1", "What to know this morning", ferry))
	if p := x.Place(item(2, 24, "https://a.example/2", "What to know this morning", bank)); p.Relation != story.New {
		t.Errorf("got %+v", p)
	}
	if p := x.Place(item(3, 25, "https://b.example/1", "What to know this morning", bank[:100])); p.Story != 2 {
		t.Errorf("got %+v", p)
	}
}
