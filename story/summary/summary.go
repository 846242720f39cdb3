package summary

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Source is one report that a summary may draw on.
type Source struct {
	ID     string
	Outlet string // who published it, as it may also stand in the text: "Dawn"
	Title  string

	// Text is plain text; a line break ends a paragraph. Empty for a report that is only a title.
	Text string

	// Language is a BCP 47 tag. Empty means that it is guessed from the text.
	Language string

	// Published is what the dates in the text are resolved against. When it is zero, a date that
	// does not name its year is left out of the facts.
	Published time.Time

	// Evidence is where in Text the words stand that made a watch match. The sentence that holds
	// most of it is always in the summary.
	Evidence []text.Span
}

// FromItem gives the source that an item of a feed is.
func FromItem(it *feeds.Item) Source {
	return Source{ID: it.ID, Outlet: it.Feed, Title: it.Title, Text: it.Text, Language: it.Language, Published: it.Time()}
}

// Options says what a summary is made for.
type Options struct {
	// Query holds the terms of the watch, words or phrases. The sentence that carries them best is
	// always in the summary.
	Query []string

	// Sentences is how many sentences a summary has at most. Defaults to 3, and 2 for a text of
	// fewer than 4.
	Sentences int

	// MaxChars is how many characters a summary has at most, blanks between sentences included.
	// Defaults to 700.
	MaxChars int

	// IDF tells how rare a word is in the news of a language: the logarithm of all texts over
	// those that hold it. The word is folded and stemmed as package text does it. Defaults to the
	// rarity among the sentences of the story itself: frequencies of a whole set of texts gain .2 of
	// ROUGE-2, but those of a stream change from hour to hour, and with them the same report's summary.
	IDF func(word, language string) float64
}

// Sentence is one sentence of a summary, word for word as its source has it, blanks apart. One that
// alone is longer than the summary may be is cut at a word and ends in "…".
type Sentence struct {
	Text   string
	Source int // index into the sources
	Start  int // where it stands in the source's Text, in bytes
	End    int
}

// Summary is what a story says. One without sentences has nothing to say beyond its title.
type Summary struct {
	Language  string // a BCP 47 tag: the language of every sentence
	Sentences []Sentence
	Facts     Facts // of all sources, those of the summary's sentences first
}

// Text gives the sentences of a summary as one paragraph.
func (s Summary) Text() string {
	parts := make([]string, len(s.Sentences))
	for i := range s.Sentences {
		parts[i] = s.Sentences[i].Text
	}
	return strings.Join(parts, " ")
}

const (
	defaultSentences = 3
	defaultMaxChars  = 700

	// A text of fewer clean sentences gets two by default: three would be all of it.
	shortText = 4
)

func (o Options) maxChars() int {
	if o.MaxChars > 0 {
		return o.MaxChars
	}
	return defaultMaxChars
}

// sentences is how many sentences to choose out of n clean ones.
func (o Options) sentences(n int) int {
	if o.Sentences > 0 {
		return o.Sentences
	}
	if n < shortText {
		return defaultSentences - 1
	}
	return defaultSentences
}

// Summarize says what the sources, the reports of one story in the order in which they came, have
// to say. The best report leads; where a later report adds a fact, one sentence of it takes the
// last place. Sources in another language than the leading one give facts but no sentences. It is
// safe for concurrent use and keeps nothing.
func Summarize(sources []Source, opt Options) Summary {
	if len(sources) == 0 {
		return Summary{}
	}
	docs := make([]*document, len(sources))
	for i := range sources {
		docs[i] = clean(&sources[i], i)
	}
	lead := leading(docs, opt)
	chosen := choose(docs[lead], opt)
	if len(docs) > 1 {
		chosen = addLater(chosen, docs, lead, opt)
	}
	out := Summary{Language: docs[lead].language}
	for _, c := range chosen {
		out.Sentences = append(out.Sentences, c.export(opt.maxChars()))
	}
	out.Facts = storyFacts(docs, lead, chosen)
	return out
}

// leading gives the index of the report that leads: the one that says most, by its clean sentences
// up to a dozen and how well it covers the watch's terms; the earlier one where two are alike.
func leading(docs []*document, opt Options) int {
	best, bestScore := 0, -1.0
	for i, d := range docs {
		score := float64(min(len(d.sentences), 12))
		if d.relaxed {
			score *= .25
		}
		if covers(d, opt) {
			score += 6
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	return best
}

// addLater gives one place to what another report of the same language adds to the leading one.
func addLater(chosen []*sentence, docs []*document, lead int, opt Options) []*sentence {
	known := factsOf(docs[lead])
	var best *sentence
	bestScore := 0.0
	for i, d := range docs {
		if i == lead || d.language != docs[lead].language {
			continue
		}
		rankAll(d, opt)
		for _, s := range d.sentences {
			if news := known.news(s.facts()); news > 0 && s.score+news > bestScore && !repeats(s, chosen) {
				best, bestScore = s, s.score+news
			}
		}
	}
	if best == nil {
		return chosen
	}
	if k := opt.sentences(len(docs[lead].sentences)); len(chosen) >= k && k > 1 {
		chosen = dropLeast(chosen)
	}
	return fit(append(chosen, best), opt.maxChars())
}

// dropLeast leaves out the sentence that scores least, but never the watch's own.
func dropLeast(chosen []*sentence) []*sentence {
	least := -1
	for i, s := range chosen {
		if !s.must && (least < 0 || s.score < chosen[least].score) {
			least = i
		}
	}
	if least < 0 {
		return chosen
	}
	return slices.Delete(slices.Clone(chosen), least, least+1)
}

// fit leaves out what is beyond max characters, the least first, the watch's sentence last.
func fit(chosen []*sentence, max int) []*sentence {
	for len(chosen) > 1 && length(chosen) > max {
		fewer := dropLeast(chosen)
		if len(fewer) == len(chosen) {
			return fewer[:1]
		}
		chosen = fewer
	}
	return chosen
}

func length(chosen []*sentence) int {
	n := len(chosen) - 1
	for _, s := range chosen {
		n += utf8.RuneCountInString(s.text)
	}
	return n
}

func byPlace(a, b *sentence) int {
	return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.start, b.start))
}
