package newswire_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
)

func truth() []newswire.Truth { return newswire.New(newswire.Options{}).Truth() }

func TestDayIsAsVariedAsItPromises(t *testing.T) {
	t.Parallel()
	w := newswire.New(newswire.Options{})
	languages, formats, charsets := map[string]int{}, map[newswire.Format]int{}, map[string]int{}
	teasing := 0
	for _, f := range w.Feeds("http://x") {
		languages[f.Language]++
		formats[f.Format]++
		charsets[f.Charset]++
		if !f.FullText {
			teasing++
		}
	}
	if n := len(w.Feeds("http://x")); n < 10 || len(formats) != 4 || len(charsets) != 3 || teasing < 5 || n-teasing < 5 {
		t.Errorf("%d outlets, formats %v, charsets %v, %d teasing", n, formats, charsets, teasing)
	}
	for _, language := range []string{"en", "ar", "ur", "tr", "fr"} {
		if languages[language] < 2 {
			t.Errorf("%d outlets in %s", languages[language], language)
		}
	}

	ids, stories, outletsOf := map[string]bool{}, map[string]bool{}, map[string]map[string]bool{}
	for _, it := range w.Truth() {
		ids[it.ID] = true
		stories[it.Story] = true
		key := it.Story + " " + it.Language
		if outletsOf[key] == nil {
			outletsOf[key] = map[string]bool{}
		}
		outletsOf[key][it.Feed] = true
	}
	shared := 0
	for key, outlets := range outletsOf {
		if len(outlets) >= 2 && !strings.HasPrefix(key, newswire.Event) {
			shared++
		}
	}
	if backlog := len(w.Stages()[0].Items); len(ids) < 70 || len(stories) < 40 || shared < 6 || backlog < 35 {
		t.Errorf("%d items, %d stories, %d of them by several outlets, %d items of backlog", len(ids), len(stories), shared, backlog)
	}
}

func TestReferenceEventIsToldAsTheDemoNeedsIt(t *testing.T) {
	t.Parallel()
	lead := map[string][]string{ // what the first paragraph says, in each language
		"en": {"Khalifa Haftar", "Saddam", "Asim Munir", "Rawalpindi", "Monday"},
		"ar": {"خليفة حفتر", "صدام حفتر", "عاصم منير", "روالبندي", "الاثنين"},
		"ur": {"خلیفہ حفتر", "صدام حفتر", "عاصم منیر", "راولپنڈی", "پیر"},
		"tr": {"Halife Hafter", "Saddam Hafter", "Asım Münir", "Ravalpindi", "pazartesi"},
		"fr": {"Khalifa Haftar", "Saddam Haftar", "Asim Munir", "Rawalpindi", "lundi"},
	}
	w := newswire.New(newswire.Options{})
	tellings, copies, meeting := map[string]int{}, 0, map[string]bool{}
	for _, it := range w.Truth() {
		if it.Story != newswire.Event {
			continue
		}
		if !it.Match || it.Stage == 0 {
			t.Errorf("%s, of stage %d, reports the event; match is %v", it.Name(), it.Stage, it.Match)
		}
		if it.Kind != newswire.KindNew && it.Kind != newswire.KindCoverage {
			continue
		}
		tellings[it.Language]++
		if it.CopyOf != "" {
			copies++
		}
		if w.Stages()[it.Stage].Name == "The meeting" {
			meeting[it.Feed] = true
		}
		paragraphs := strings.Split(it.Text, "\n\n")
		for _, words := range lead[it.Language] {
			opening := strings.Join(paragraphs[:2], " ")
			if !strings.Contains(opening, words) {
				t.Errorf("%s: the first two paragraphs lack %q", it.Name(), words)
			}
		}
		deep := strings.Join(paragraphs[len(paragraphs)/2:], " ")
		if !armsDeal[it.Language].MatchString(deep) || armsDeal[it.Language].MatchString(paragraphs[0]) {
			t.Errorf("%s: the arms deal is not where the background is", it.Name())
		}
	}
	if len(meeting) != 4 || copies != 2 || tellings["en"] < 4 {
		t.Errorf("the first reports come from %d outlets, %d are copies, %d are in English", len(meeting), copies, tellings["en"])
	}
	for language := range lead {
		if tellings[language] == 0 {
			t.Errorf("nobody tells the event in %q", language)
		}
	}
}

// What the watch is about, in each language: the words that a rule would have.
var (
	libya = map[string]*regexp.Regexp{
		"en": regexp.MustCompile(`Libya|Tripoli|Benghazi|Haftar`),
		"ar": regexp.MustCompile(`ليبيا|الليبي|حفتر|بنغازي`),
		"ur": regexp.MustCompile(`لیبیا|حفتر|بن غازی`),
		"tr": regexp.MustCompile(`Libya|Hafter|Trablus`),
		"fr": regexp.MustCompile(`Libye|libyen|Haftar`),
	}
	pakistan = map[string]*regexp.Regexp{
		"en": regexp.MustCompile(`Pakistan|Islamabad|Rawalpindi`),
		"ar": regexp.MustCompile(`باكستان|الباكستاني`),
		"ur": regexp.MustCompile(`پاکستان|پاک فوج`),
		"tr": regexp.MustCompile(`Pakistan`),
		"fr": regexp.MustCompile(`(?i)pakistan`),
	}
	armsDeal = map[string]*regexp.Regexp{
		"en": regexp.MustCompile(`(?i)\b(arms|weapons|defence) (deal|contract)|order.{0,30}jets|jets.{0,40}(deal|contract|signed)`),
		"ar": regexp.MustCompile(`صفقة (أسلحة|سلاح)`),
		"ur": regexp.MustCompile(`اسلحے (کا معاہدہ|کے معاہدے)|طیارے خریدے`),
		"tr": regexp.MustCompile(`silah anlaşma|insansız hava aracı al`),
		"fr": regexp.MustCompile(`contrat d'armement|vente d'armes`),
	}
)

func TestWatchWordsAreInEveryMatchAndTogetherInNoOther(t *testing.T) {
	t.Parallel()
	near := map[string]int{} // items with two of the three, and no match
	for _, it := range truth() {
		text := it.Title + "\n" + it.Text
		l, p, a := libya[it.Language].MatchString(text), pakistan[it.Language].MatchString(text), armsDeal[it.Language].MatchString(text)
		if it.Match != (l && p && a) {
			t.Errorf("%s: Libya %v, Pakistan %v, arms deal %v, and match is %v", it.Name(), l, p, a, it.Match)
		}
		switch {
		case it.Match:
		case l && p:
			near["Libya and Pakistan"]++
		case p && a:
			near["Pakistan and arms"]++
		case l && a, it.Story == "tripoli-drones":
			near["Libya and arms"]++
		}
	}
	if len(near) != 3 {
		t.Errorf("the near misses are %v, want some of each of three kinds", near)
	}
}

func TestUpdatesBringFactsThatNobodyHad(t *testing.T) {
	t.Parallel()
	updates := map[string]bool{}
	var earlier []newswire.Truth
	for _, it := range truth() {
		if (it.Kind == newswire.KindUpdate || it.Kind == newswire.KindCorrection) != (len(it.Facts) > 0) {
			t.Errorf("%s is of kind %q with the facts %q", it.Name(), it.Kind, it.Facts)
		}
		for _, fact := range it.Facts {
			if !strings.Contains(it.Text, fact) {
				t.Errorf("%s lacks its fact %q", it.Name(), fact)
			}
			for _, old := range earlier {
				if it.Kind == newswire.KindUpdate && old.Story == it.Story && strings.Contains(old.Text, fact) {
					t.Errorf("%s: %s had the fact %q before", it.Name(), old.Name(), fact)
				}
			}
		}
		if it.Kind == newswire.KindUpdate && it.Story == newswire.Event {
			updates[it.Feed] = true
		}
		earlier = append(earlier, it)
	}
	if len(updates) != 2 {
		t.Errorf("the follow-up is reported by %d outlets, want 2", len(updates))
	}
}

func TestCopiesAreCopiesAndNothingElseIs(t *testing.T) {
	t.Parallel()
	all := truth()
	copies := 0
	for _, a := range all {
		for _, b := range all {
			if a.ID == b.ID || a.Language != b.Language || a.CopyOf == "" && a.Stage < b.Stage {
				continue
			}
			shared := containment(a.Text, b.Text)
			family := a.CopyOf == b.Name() || b.CopyOf == a.Name() || a.CopyOf != "" && a.CopyOf == b.CopyOf
			if family && shared < .5 {
				t.Errorf("%s shares %.2f of its text with %s, which is too little for a copy", a.Name(), shared, b.Name())
			}
			if family && shared == 1 && a.Text == b.Text {
				t.Errorf("%s has the text of %s without an edit", a.Name(), b.Name())
			}
			if !family && shared > .35 {
				t.Errorf("%s shares %.2f of its text with %s", a.Name(), shared, b.Name())
			}
		}
		if a.CopyOf != "" {
			copies++
		}
	}
	if copies != 6 {
		t.Errorf("%d items are copies, want four of the wire story and two of the event", copies)
	}
}

// containment is the share of the shorter text's runs of four words that the other has too.
func containment(a, b string) float64 {
	shingles := func(s string) map[string]bool {
		words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		set := map[string]bool{}
		for i := range max(0, len(words)-3) {
			set[strings.Join(words[i:i+4], " ")] = true
		}
		return set
	}
	x, y := shingles(a), shingles(b)
	if len(y) < len(x) {
		x, y = y, x
	}
	n := 0
	for s := range x {
		if y[s] {
			n++
		}
	}
	return float64(n) / float64(max(1, len(x)))
}

// Letters and marks that look right in the neighbouring language and are wrong in this one.
var foreign = map[string]*regexp.Regexp{
	"en": regexp.MustCompile(`[^\x00-\x7Fé]`),
	"ar": regexp.MustCompile(`[یکہھےۓگچپژٹڈڑںۂ]|[A-Za-z]|[,;?]|\p{Mn}{2}`),
	"ur": regexp.MustCompile(`[يكىهة]|[A-Za-z]|[,;?]|\. `),
	"tr": regexp.MustCompile(`[^\x00-\x7FçÇğĞıİöÖşŞüÜâî]|[qwx]`),
	"fr": regexp.MustCompile(`[^\x00-\x7FàâçéèêëîïôùûüœÀÂÇÉÈÊ«»]|[^ ][:;?!»]|«[^ ]`),
}

func TestProseIsWrittenInItsOwnScript(t *testing.T) {
	t.Parallel()
	end := map[string]string{"en": `."`, "ar": `.؟`, "ur": `۔‘؟`, "tr": `."`, "fr": ".»"}
	for _, it := range truth() {
		all := it.Title + "\n\n" + it.Text
		loose := strings.ReplaceAll(all, "Türkiye", "Turkiye") // as the country writes itself in English too
		if bad := foreign[it.Language].FindString(loose); bad != "" {
			t.Errorf("%s: %q does not belong into a text in %s", it.Name(), bad, it.Language)
		}
		if !norm.NFC.IsNormalString(all) || strings.Contains(all, "  ") || strings.ContainsFunc(all, unwanted) {
			t.Errorf("%s is not NFC, or has two spaces or a character that cannot be seen", it.Name())
		}
		for p := range strings.SplitSeq(it.Text, "\n\n") {
			runes := []rune(p)
			if last := runes[len(runes)-1]; !strings.ContainsRune(end[it.Language], last) {
				t.Errorf("%s: a paragraph ends with %q: …%s", it.Name(), last, string(runes[max(0, len(runes)-30):]))
			}
		}
	}
}

func unwanted(r rune) bool { return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && r != '\n' }

func TestStagesFollowEachOther(t *testing.T) {
	t.Parallel()
	stages := newswire.New(newswire.Options{}).Stages()
	if len(stages) < 8 || len(stages) > 10 {
		t.Errorf("%d stages", len(stages))
	}
	if !slices.IsSortedFunc(stages, func(a, b newswire.Stage) int { return a.At.Compare(b.At) }) {
		t.Error("the stages are out of order")
	}
	for _, s := range stages {
		if !slices.IsSortedFunc(s.Items, func(a, b newswire.Item) int { return a.Last().Compare(b.Last()) }) {
			t.Errorf("the items of %q are out of order", s.Name)
		}
	}
	for i, s := range stages[1:] {
		for _, it := range s.Items {
			if it.Updated.IsZero() && !it.Published.After(stages[i].At) {
				t.Errorf("%s is older than the stage before its own", it.Name())
			}
		}
	}
}
