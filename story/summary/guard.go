package summary

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Rejection is a sentence that Check refused, and why, for the log.
type Rejection struct{ Text, Reason string }

const (
	// A sentence by another hand must share this much of its content words with the sources.
	leastShared = .6

	// Longest sentence by another hand, in characters.
	longestSaid = 400
)

// Check goes through what somebody else, a language model, says of the sources, sentence by
// sentence. It keeps those that the sources bear out: every name, number, amount and date stands in
// them, most words do, no claim is turned round; in the sources' language, without link, markup,
// mention or command. What is kept is plain text within the limits of opt. The place of a kept
// sentence is that of the sentence that bears it out best.
func Check(said string, sources []Source, opt Options) (kept []Sentence, rejected []Rejection) {
	if len(sources) == 0 {
		return nil, nil
	}
	w := newWitness(sources, opt)
	room, most := opt.maxChars(), opt.sentences(shortText)
	for _, p := range text.Sentences(said, w.lead.language) {
		raw := strings.Join(strings.Fields(p.In(said)), " ")
		raw = strings.TrimLeft(raw, "-–—•* \t")
		if raw == "" {
			continue
		}
		s, reason := w.examine(raw)
		n := len([]rune(raw))
		switch {
		case reason != "":
		case len(kept) == most:
			reason = "more sentences than asked for"
		case n > room:
			reason = "longer than asked for"
		default:
			kept = append(kept, s)
			room -= n + 1
			continue
		}
		rejected = append(rejected, Rejection{raw, reason})
	}
	return kept, rejected
}

// Carries tells whether sentences hold any of the watch's terms, as far as the sources do.
func Carries(sentences []Sentence, sources []Source, opt Options) bool {
	for i := range sources {
		d := clean(&sources[i], i)
		q := opt.terms(d)
		if q.total == 0 {
			continue
		}
		for _, s := range sentences {
			if q.share(&sentence{words: read(s.Text, d.language)}) > 0 {
				return true
			}
		}
		return false
	}
	return true
}

// witness is what the sources say, for looking things up.
type witness struct {
	docs    []*document
	lead    *document
	facts   Facts
	words   map[string]bool  // folded words and stems
	numbers map[float64]bool // as they stand and with their scale
	raw     string           // all of it, for links
}

func newWitness(sources []Source, opt Options) *witness {
	w := &witness{words: map[string]bool{}, numbers: map[float64]bool{}}
	for i := range sources {
		d := clean(&sources[i], i)
		w.docs = append(w.docs, d)
		w.facts.add(factsOf(d))
		for _, part := range []string{sources[i].Title, sources[i].Text} {
			words := read(part, d.language)
			w.raw += part + "\n"
			w.facts.add(extract(d, part, words))
			w.learn(&reader{facts: factLists.get(d.language), doc: d, src: part, words: words, used: make([]bool, len(words))})
		}
	}
	w.lead = w.docs[leading(w.docs, opt)]
	return w
}

func (w *witness) learn(r *reader) {
	for i, x := range r.words {
		w.words[x.Folded] = true
		if x.stem != "" {
			w.words[x.stem] = true
		}
		if v, n := r.number(i); n > 0 {
			w.numbers[v] = true
		}
		if v, n := r.scaled(i); n > 0 {
			w.numbers[v] = true
		}
	}
}

var (
	markup = regexp.MustCompile("[<>`@#*_|\\\\{}\\[\\]~]|://|(?i:www\\.)|^[/!]|[\\pL\\d-]+\\.\\pL{2,}")
	hidden = regexp.MustCompile(`[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]`)
)

// examine looks at one sentence. reason is empty when the sources bear it out.
func (w *witness) examine(raw string) (s Sentence, reason string) {
	if m := markup.FindString(raw); m != "" {
		return s, fmt.Sprintf("holds %q: a link, markup, a mention or a command", m)
	}
	if hidden.MatchString(strings.Map(dropJoiner, raw)) {
		return s, "holds characters that cannot be seen"
	}
	if len([]rune(raw)) > longestSaid {
		return s, "is too long for a sentence"
	}
	language := w.lead.language
	if l := baseLanguage(text.Language(raw, language)); l != language && l != "" {
		return s, fmt.Sprintf("is in language %q, not %q", l, language)
	}
	if isBoilerplate(signs(raw), language) {
		return s, "is no news"
	}
	d := &document{source: &Source{Published: w.lead.source.Published}, language: language}
	x := &sentence{doc: d, text: raw, words: read(raw, language)}
	r := &reader{facts: factLists.get(language), doc: d, src: raw, words: x.words, used: make([]bool, len(x.words))}
	for _, check := range []func(*reader, *sentence) string{w.checkNumbers, w.checkNames, w.checkFacts, w.checkWords} {
		if reason := check(r, x); reason != "" {
			return s, reason
		}
	}
	best := w.support(x)
	if best == nil {
		return s, "no sentence of the sources bears it out"
	}
	if turned(x, best) {
		return s, fmt.Sprintf("turns round %q", best.text)
	}
	return Sentence{Text: raw, Source: best.source, Start: best.start, End: best.end}, ""
}

// dropJoiner takes out the joiners that Arabic script is written with.
func dropJoiner(r rune) rune {
	if r == '\u200c' || r == '\u200d' {
		return -1
	}
	return r
}

func (w *witness) checkNumbers(r *reader, _ *sentence) string {
	for i := 0; i < len(r.words); {
		v, n := r.scaled(i)
		if n == 0 {
			if startsWithDigit(r.folded(i)) && !w.words[r.folded(i)] {
				return fmt.Sprintf("number %q is not in the sources", r.folded(i))
			}
			i++
			continue
		}
		if !w.numbers[v] && !(v == 1 && !startsWithDigit(r.folded(i))) {
			return fmt.Sprintf("number %g is not in the sources", v)
		}
		i += n
	}
	return ""
}

// checkNames wants every capitalised word in the sources, the first of the sentence too where
// another follows it.
func (w *witness) checkNames(r *reader, _ *sentence) string {
	for i, x := range r.words {
		first := i == 0 && (len(r.words) < 2 || !r.words[1].upper)
		if !x.upper || first || w.words[x.Folded] || x.stem != "" && w.words[x.stem] || x.stem == "" {
			continue
		}
		return fmt.Sprintf("name %q is not in the sources", r.src[x.Start:x.End])
	}
	return ""
}

func (w *witness) checkFacts(_ *reader, s *sentence) string {
	f := extract(s.doc, s.text, s.words)
	for _, a := range f.Amounts {
		if !slices.ContainsFunc(w.facts.Amounts, a.Same) {
			return fmt.Sprintf("amount %q is not in the sources", a.Text)
		}
	}
	today := Date{Day: midnight(s.doc.source.Published)}
	for _, x := range f.Dates {
		if !slices.ContainsFunc(w.facts.Dates, x.same) && !x.same(today) {
			return fmt.Sprintf("date %q is not in the sources", x.Text)
		}
	}
	for _, n := range slices.Concat(f.People, f.Organisations, f.Places) {
		for _, part := range strings.Fields(n.Key) {
			if part == strings.ToUpper(part) && !unicode.Is(unicode.Arabic, []rune(part)[0]) {
				break // the code of a country: its name was looked at as words
			}
			if !w.words[part] && !w.words[bare(part)] {
				return fmt.Sprintf("name %q is not in the sources", n.Text)
			}
		}
	}
	return ""
}

func (w *witness) checkWords(_ *reader, s *sentence) string {
	all := stems(s.words)
	shared := 0
	for _, t := range all {
		if w.words[t] {
			shared++
		}
	}
	if len(all) < 3 {
		return "says nothing"
	}
	if float64(shared) < leastShared*float64(len(all)) {
		return fmt.Sprintf("shares %d of %d words with the sources", shared, len(all))
	}
	return ""
}

// support gives the sentence of the sources that holds most of the words of s.
func (w *witness) support(s *sentence) *sentence {
	mine := stems(s.words)
	var best *sentence
	most := 0
	for _, d := range w.docs {
		for _, o := range d.sentences {
			n := 0
			theirs := stems(o.words)
			for _, t := range mine {
				if _, ok := slices.BinarySearch(theirs, t); ok {
					n++
				}
			}
			if n > most {
				best, most = o, n
			}
		}
	}
	return best
}

// turned tells whether one of two sentences denies and the other does not.
func turned(s, o *sentence) bool {
	return s.denies() != o.denies()
}

func (s *sentence) denies() bool {
	negations := factLists.get(s.doc.language).negations
	return slices.ContainsFunc(s.words, func(w word) bool { return negations[w.Folded] })
}
