package summary_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/story/summary"
)

var monday = time.Date(2025, 12, 22, 10, 0, 0, 0, time.UTC)

const dealText = `ISLAMABAD (Reuters) - Pakistan has signed a deal worth more than $4 billion with the Libyan National Army, officials said on Monday.

Photo: An aircraft on display, courtesy of the air show

Field Marshal Asim Munir met Saddam Haftar in Benghazi on December 18 to finalise the agreement.

The deal covers 16 JF-17 fighter jets and 12 Super Mushshak trainers over two and a half years.

Libya has been under a United Nations arms embargo since 2011, when a civil war began.

Read more: Pakistan's air show in pictures

Sign up to our newsletter for the best of the day.

Analysts say that the sale is among the largest that Pakistan has ever made to anyone.`

func deal() summary.Source {
	return summary.Source{ID: "1", Outlet: "Reuters", Title: "Pakistan strikes arms deal with Libyan force", Text: dealText, Language: "en", Published: monday}
}

func TestASummaryIsWordForWordInTextOrder(t *testing.T) {
	t.Parallel()
	src := deal()
	s := summary.Summarize([]summary.Source{src}, summary.Options{})
	if len(s.Sentences) < 2 || len(s.Sentences) > 3 {
		t.Fatalf("%d sentences: %q", len(s.Sentences), s.Text())
	}
	at := 0
	for _, x := range s.Sentences {
		if x.Start < at || src.Text[x.Start:x.End] != x.Text {
			t.Errorf("%q is not text[%d:%d] = %q after byte %d", x.Text, x.Start, x.End, src.Text[x.Start:x.End], at)
		}
		at = x.End
	}
	if !strings.HasPrefix(s.Text(), "Pakistan has signed a deal") {
		t.Errorf("dateline kept or lead lost: %q", s.Text())
	}
}

func TestTheSentenceOfTheWatchIsAlwaysIn(t *testing.T) {
	t.Parallel()
	embargo := "Libya has been under a United Nations arms embargo since 2011"
	s := summary.Summarize([]summary.Source{deal()}, summary.Options{Query: []string{"arms embargo", "UN"}})
	if !strings.Contains(s.Text(), embargo) {
		t.Errorf("query: %q", s.Text())
	}
	src := deal()
	at := strings.Index(src.Text, "largest")
	src.Evidence = []text.Span{{Start: at, End: at + len("largest")}}
	if s := summary.Summarize([]summary.Source{src}, summary.Options{Sentences: 1}); !strings.Contains(s.Text(), "Analysts say") {
		t.Errorf("evidence: %q", s.Text())
	}
}

func TestASummaryKeepsToItsLength(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("The minister of defence said again that the deal with the army in the east was worth every single dollar of it and more. ", 3)
	src := summary.Source{Text: dealText + "\n\n" + long, Language: "en"}
	for _, max := range []int{60, 150, 300, 700} {
		s := summary.Summarize([]summary.Source{src}, summary.Options{MaxChars: max})
		if n := len([]rune(s.Text())); n > max || n == 0 {
			t.Errorf("%d characters of at most %d: %q", n, max, s.Text())
		}
	}
}

func TestATeaseIsCleanedAndPassedThrough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ title, text, want string }{
		{"Pakistan strikes deal", "Pakistan to sell jets to Libya", "Pakistan to sell jets to Libya"},
		{"Pakistan strikes deal", "Pakistan strikes deal", ""},
		{"Pakistan strikes deal", "", ""},
		{"Pakistan strikes deal", "Jets, trainers and more in a package… Read more", "Jets, trainers and more in a package…"},
	} {
		s := summary.Summarize([]summary.Source{{Title: c.title, Text: c.text, Language: "en"}}, summary.Options{})
		if s.Text() != c.want {
			t.Errorf("%q gives %q, want %q", c.text, s.Text(), c.want)
		}
	}
}

func TestAStoryLeadsWithTheBestReportAndAddsTheLaterFact(t *testing.T) {
	t.Parallel()
	tease := summary.Source{ID: "0", Title: "Pakistan and Libya in arms deal", Text: "Pakistan signs an arms deal.", Language: "en", Published: monday}
	later := summary.Source{ID: "2", Title: "UN asks about Libya deal", Language: "en", Published: monday.Add(5 * time.Hour),
		Text: "Pakistan has signed a deal worth more than $4 billion with the Libyan National Army.\n\nThe head of the United Nations mission, Hanna Tetteh, said that the sale would be taken to the Security Council next week."}
	s := summary.Summarize([]summary.Source{tease, deal(), later}, summary.Options{})
	if len(s.Sentences) == 0 || s.Sentences[0].Source != 1 {
		t.Fatalf("led by another: %+v", s.Sentences)
	}
	last := s.Sentences[len(s.Sentences)-1]
	if last.Source != 2 || !strings.Contains(last.Text, "Hanna Tetteh") {
		t.Errorf("last sentence: %+v", last)
	}
}

func TestAnUpdateSaysOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	told := []summary.Source{deal()}
	again := summary.Source{ID: "2", Title: "Pakistan in Libya arms deal", Language: "en", Published: monday.Add(time.Hour),
		Text: "Officials said on Monday that Pakistan had signed an arms deal of more than 4 billion dollars with the Libyan National Army of the east.\n\nThe agreement covers 16 JF-17 jets and 12 Super Mushshak trainers."}
	if c := summary.Update(told, again, summary.Options{}); !c.Empty() {
		t.Errorf("nothing new, yet: %+v", c)
	}
	fresh := again
	fresh.Text += "\n\nTurkey, which backs the government in Tripoli, asked Islamabad for an explanation and recalled its envoy from Benghazi."
	c := summary.Update(told, fresh, summary.Options{})
	if len(c.Sentences) != 1 || !strings.HasPrefix(c.Sentences[0].Text, "Turkey") || len(c.New.Places) == 0 {
		t.Errorf("new places, yet: %+v", c)
	}
}

func TestACorrectedReportMayStillNameTheOldAmount(t *testing.T) {
	t.Parallel()
	old := summary.Source{ID: "1", Language: "en", Title: "Ten aircraft for Benghazi",
		Text: "Pakistan will hand over ten aircraft. The official put the value of the whole package at $4.6 billion, spread over two years."}
	changed := old
	changed.Text = "Pakistan will hand over ten aircraft. The official put the value of the whole package at $4 billion, spread over two years.\n\n" +
		"This report has been corrected. An earlier version gave the value as $4.6 billion."
	got := summary.Corrections(old, changed)
	if len(got) != 1 || got[0].Old.Text != "$4.6 billion" || got[0].New.Text != "$4 billion" {
		t.Errorf("corrections are %+v", got)
	}
}

func TestACorrectionNamesTheOldAndTheNewAmount(t *testing.T) {
	t.Parallel()
	changed := deal()
	changed.Text = strings.Replace(changed.Text, "$4 billion", "$4.6 billion", 1)
	got := summary.Corrections(deal(), changed)
	if len(got) != 1 || got[0].Old.Text != "$4 billion" || got[0].New.Value != 4.6e9 || !strings.HasPrefix(got[0].Claim, "Pakistan has signed") {
		t.Errorf("%+v", got)
	}
	if same := summary.Corrections(deal(), deal()); len(same) != 0 {
		t.Errorf("nothing changed, yet: %+v", same)
	}
}

func TestTheSameAmountIsTheSameInFiveLanguages(t *testing.T) {
	t.Parallel()
	for language, s := range map[string]string{
		"en": "The deal is worth $4 billion in all, the ministry said.", "en-GB": "The deal is worth 4bn dollars in all, the ministry said.",
		"fr": "Le contrat vaut 4 milliards de dollars en tout, selon lui.", "tr": "Anlaşmanın değeri toplam 4 milyar dolar olarak açıklandı.",
		"ar": "تبلغ قيمة الصفقة ٤ مليارات دولار أمريكي بحسب الوزارة.", "ur": "اس معاہدے کی مالیت ۴ ارب ڈالر بتائی گئی ہے۔",
	} {
		f := summary.Extract(summary.Source{Text: s, Language: language})
		if len(f.Amounts) != 1 || f.Amounts[0].Value != 4e9 || f.Amounts[0].Unit != "USD" || !strings.Contains(s, f.Amounts[0].Text) {
			t.Errorf("%s: %+v", language, f.Amounts)
		}
	}
}

func ExampleSummarize() {
	s := summary.Summarize([]summary.Source{{
		Title:     "Pakistan strikes arms deal with Libyan force",
		Text:      "ISLAMABAD (Reuters) - Pakistan has signed a deal worth $4 billion with the Libyan National Army.\n\nRead more: the air show in pictures\n\nIt covers 16 JF-17 jets, officials said on Monday.",
		Language:  "en",
		Published: time.Date(2025, 12, 23, 8, 0, 0, 0, time.UTC),
	}}, summary.Options{Query: []string{"jets"}})
	fmt.Println(s.Text())
	fmt.Println(s.Facts.Amounts[0].Value, s.Facts.Amounts[0].Unit, s.Facts.Dates[0], s.Facts.Classes["weapons"][0].Text)
	// Output:
	// Pakistan has signed a deal worth $4 billion with the Libyan National Army. It covers 16 JF-17 jets, officials said on Monday.
	// 4e+09 USD 2025-12-22 JF-17
}

func TestAReportAddsNothingToItself(t *testing.T) {
	t.Parallel()
	score := deal()
	score.Text += "\n\nThe air force team won the match against the army by 2-0 after 0 wins in 5 years, which killed the joy."
	if c := summary.Update([]summary.Source{score}, score, summary.Options{}); !c.Empty() {
		t.Errorf("%+v", c)
	}
	if c := summary.Corrections(score, score); len(c) != 0 {
		t.Errorf("%+v", c)
	}
}

func TestANoteGoesWithItsWholeParagraphButALongParagraphStays(t *testing.T) {
	t.Parallel()
	const lead = "Some 8,000 dockers walked out at the port of Rotterdam on Monday over pay and early retirement."
	const note = "Correction: the number of ships was given wrongly. There are 34 of them at anchor, and not 43 as we wrote."
	const more = "The union said the strike would last at least 48 hours and could spread to Antwerp by Friday."
	all := func(text string) string {
		return summary.Summarize([]summary.Source{{Text: text, Language: "en"}}, summary.Options{Sentences: 9, MaxChars: 5000}).Text()
	}
	if got := all(lead + "\n\n" + more + "\n\n" + note); got != lead+" "+more {
		t.Errorf("the note is in %q", got)
	}
	long := note + strings.Repeat(" "+more, 1) + " " + lead + " The harbour master expects the first tankers to be unloaded on Wednesday if talks go well."
	if got := all(long + "\n\n" + "The mayor called both sides to the town hall for a first round of talks."); !strings.Contains(got, lead) || strings.Contains(got, "Correction") {
		t.Errorf("an article joined to a note became %q", got)
	}
}
