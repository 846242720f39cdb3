package story

import (
	"regexp"
	"strings"
	"sync"

	"github.com/tocsin-bot/tocsin/feeds"
)

// agencies are the news agencies, each with the names that it goes by in bylines, datelines and
// credits. The first name is the one that people are told. A name is believed only where a
// credit stands: see Agency.
var agencies = [][]string{
	{"APP", "Associated Press of Pakistan", "اے پی پی"}, // before AP, whose name it holds
	{"AFP", "Agence France-Presse", "Agence France Presse", "أ ف ب", "أ.ف.ب", "(أف ب)", "فرانس برس", "اے ایف پی"},
	{"Reuters", "REUTERS", "رويترز", "رائٹرز", "روئٹرز"},
	{"AP", "The Associated Press", "Associated Press", "أسوشيتد برس", "أسوشييتد برس", "ایسوسی ایٹڈ پریس"},
	{"Anadolu", "Anadolu Ajansı", "Anadolu Agency", "AA", "وكالة الأناضول", "الأناضول", "انادولو"},
	{"DHA", "Demirören Haber Ajansı"},
	{"İHA", "İhlas Haber Ajansı"},
	{"dpa", "DPA", "Deutsche Presse-Agentur", "د ب أ"},
	{"Xinhua", "شينخوا", "شنہوا"},
	{"TASS", "تاس"},
	{"Sputnik", "RIA Novosti", "سبوتنيك"},
	{"PTI", "Press Trust of India"},
	{"ANI", "Asian News International"},
	{"IANS"},
	{"EFE"},
	{"ANSA"},
	{"Kyodo", "Kyodo News"},
	{"Yonhap"},
	{"Bloomberg", "Bloomberg News"},
	{"UPI", "United Press International"},
	{"INP", "آئی این پی"},
	{"NNI", "این این آئی"},
}

const (
	creditHead = 200 // bytes at the start in which a dateline or a bracket counts
	creditTail = 300 // bytes at the end in which a credit counts
)

// Where an agency is named, the name being NAME:
//
//	(AFP)   [Reuters]   (AFP/Getty)
//	LONDON, March 2 (Reuters) -   AFP -   طرابلس - رويترز -   PARIS: AFP:
//	Reuters contributed to this report   With inputs from PTI   Source: Anadolu   © AFP
//	By Reuters   AFP in Paris
const (
	bracketed = `[(\[]\s*NAME(?:\s*[/,\-–]\s*[^)\]]{1,24})?\s*[)\]]`
	datelined = `^(?:[^.!?\n]{0,60}[\s(\-–—/،,:])?NAME\)?\s*[\-–—:/]`
	credited  = `(?:^|[\s(])NAME(?: also)? contributed\b` +
		`|(?:[Ww]ith (?:inputs?|reporting|files|material) (?:from|by)|[Ss]ource ?:|Kaynak ?:|[Aa]vec|المصدر ?:|©)\s*(?:the |l')?NAME(?:$|[^\p{L}])`
	byline = `^(?:[Bb]y |[Pp]ar )?(?:the )?NAME(?: (?:in|with|news agency)\b.*)?$`
)

// spelling is one name of an agency with the patterns of the places where it counts, which are
// compiled when they are first needed.
type spelling struct {
	agency, name       string
	head, tail, author func() *regexp.Regexp
}

var spellings = func() (all []spelling) {
	for _, names := range agencies {
		for _, name := range names {
			pattern := func(s string) func() *regexp.Regexp {
				return sync.OnceValue(func() *regexp.Regexp {
					return regexp.MustCompile(strings.ReplaceAll(s, "NAME", regexp.QuoteMeta(name)))
				})
			}
			all = append(all, spelling{names[0], name,
				pattern(datelined + "|" + bracketed), pattern(credited + "|" + bracketed), pattern(byline + "|" + bracketed)})
		}
	}
	return all
}()

// Agency is the news agency whose report the item says it is: by its authors, by the dateline or
// a bracket at its start, or by a credit at its end. Empty for none.
func Agency(it *feeds.Item) string {
	for _, author := range it.Authors {
		for part := range strings.FieldsFuncSeq(cut(author, creditHead), func(r rune) bool { return strings.ContainsRune("/,;|&", r) }) {
			if a := named(strings.TrimSpace(part), func(s *spelling) *regexp.Regexp { return s.author() }); a != "" {
				return a
			}
		}
	}
	if a := named(cut(it.Text, creditHead), func(s *spelling) *regexp.Regexp { return s.head() }); a != "" {
		return a
	}
	tail := it.Text[max(0, len(it.Text)-creditTail):]
	return named(tail, func(s *spelling) *regexp.Regexp { return s.tail() })
}

// named finds an agency. Few texts hold a name at all, so that the patterns are hardly ever run.
func named(s string, where func(*spelling) *regexp.Regexp) string {
	for i := range spellings {
		if p := &spellings[i]; strings.Contains(s, p.name) && where(p).MatchString(s) {
			return p.agency
		}
	}
	return ""
}
