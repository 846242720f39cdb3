package summary

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// document is a source made ready: its sentences without what is not the article.
type document struct {
	source    *Source
	index     int
	language  string // base of the BCP 47 tag
	sentences []*sentence
	relaxed   bool // nothing but a tease: what is there was taken as it is
	title     []word
	from      string // the dateline

	ranked bool
	known  *Facts // of title and clean text; see factsOf
}

// sentence is one clean sentence of a document.
type sentence struct {
	doc        *document
	source     int
	text       string // of the source, blanks collapsed
	start, end int    // in the source's text
	order      int    // among the clean sentences of its document
	words      []word // offsets are into the source's text
	terms      []int  // content words as numbers, in order, each once; see rank
	ended      bool   // has an end mark of its own
	apart      bool   // a full stop after a blank
	last       bool   // of its paragraph
	weak       bool   // speaks to the reader, or of what is not known
	must       bool   // the watch's sentence

	score  float64
	vector []weight
	known  *Facts
}

const (
	// Sentences of fewer words are labels, bylines and exclamations.
	fewWords = 6

	// A paragraph's last piece without an end mark is a heading or a caption when it has fewer words.
	// Where half of the paragraphs go without, and in the lead in Arabic and Urdu, which often does,
	// fewer make a sentence.
	longPiece = 25
	fairPiece = 12

	// More of a text is never ranked: a summary of a book is no alert. In sentences and in bytes; what
	// holds the watch's evidence counts wherever it stands.
	maxSentences = 250
	maxText      = 128 << 10

	// More of a sentence is not read, in bytes: it is a table, or somebody's joke.
	maxSentence = 1500

	// A longer paragraph is not dropped for its first sentence, in words: an extractor may have joined
	// the article to it.
	longestNote = 60

	// A dateline stands among the first pieces of a text. What stands before it is front matter:
	// captions, bylines, teasers.
	datelineDepth = 6

	// Shares of common words: with the title, and with an earlier sentence.
	likeTitle  = .6
	likeBefore = .75
)

// clean reads a source and leaves out what is not the article. When nothing of it is a sentence, as
// in a feed's tease, what is there is taken unless it is plain boilerplate or the title again.
func clean(src *Source, index int) *document {
	d := &document{source: src, index: index, language: baseLanguage(src.Language)}
	if d.language == "" {
		d.language = baseLanguage(text.Language(src.Title+"\n"+src.Text, ""))
	}
	d.title = read(src.Title, d.language)
	all := d.cut()
	piece := longPiece
	if goesWithoutEnds(all) {
		piece = fairPiece
	}
	d.sentences = d.keep(all, func(s *sentence) bool {
		if s == all[0] && d.isArabicScript() {
			return s.isProse(fairPiece)
		}
		return s.isProse(piece)
	})
	if len(d.sentences) == 0 {
		d.relaxed = true
		d.sentences = d.keep(all, func(s *sentence) bool { return len(s.words) > 1 })
	}
	return d
}

func baseLanguage(tag string) string {
	b, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return strings.ToLower(b)
}

// cut gives all sentences of the text that are not boilerplate, without datelines.
func (d *document) cut() []*sentence {
	src := d.source.Text
	spans := text.Sentences(src, d.language)
	var front, out []*sentence
	paragraph := 0 // where in out the paragraph begins
	opens := true
	for i := 0; i < len(spans); i++ {
		p := d.bounded(spans[i])
		if (len(out) >= maxSentences || p.Start > maxText) && !d.hasEvidence(p) {
			continue
		}
		if opens {
			if n := d.noteLength(spans[i:]); n > 0 && n < len(spans) {
				i += n - 1
				continue
			}
		}
		last := d.endsParagraph(spans, i)
		if opens {
			paragraph = len(out)
		}
		before := d.from
		s := d.sentence(p, i < datelineDepth, opens)
		if before != d.from { // the article begins here
			front, out, paragraph = out, nil, 0
		}
		switch {
		case s != nil:
			s.last = last
			s.ended = s.ended || !last
			out = append(out, s)
		case last && !opens && i+1 < len(spans) && d.isCaption(out[paragraph:], p.In(src)):
			out = out[:paragraph]
		}
		opens = last
	}
	hasEvidence := func(s *sentence) bool { return s.evidence() > 0 }
	if !slices.ContainsFunc(out, hasEvidence) {
		out = append(slices.DeleteFunc(front, func(s *sentence) bool { return !hasEvidence(s) }), out...)
	}
	dropFalseEnds(out)
	return d.dropCredited(out)
}

// bounded gives the part of a sentence that is read: its start, or what follows from the watch's
// evidence on.
func (d *document) bounded(p text.Span) text.Span {
	if p.End-p.Start <= maxSentence {
		return p
	}
	src := d.source.Text
	for _, e := range d.source.Evidence {
		if e.Start >= p.Start && e.End <= p.End && e.Start < e.End && e.End-p.Start > maxSentence {
			p.Start = e.Start
			break
		}
	}
	end := min(p.End, p.Start+maxSentence)
	if i := strings.LastIndexFunc(src[p.Start:end], unicode.IsSpace); i > 0 {
		end = p.Start + i
	}
	for end > p.Start && end < len(src) && !utf8.RuneStart(src[end]) {
		end--
	}
	p.End = p.Start + len(strings.TrimRightFunc(src[p.Start:end], unicode.IsSpace))
	return p
}

func (d *document) hasEvidence(p text.Span) bool {
	return slices.ContainsFunc(d.source.Evidence, func(e text.Span) bool { return e.Start >= p.Start && e.End <= p.End })
}

// sentence reads the sentence at p, nil for boilerplate. Early in a text it leaves out the dateline;
// inside a paragraph, as where an extractor joined them all, only one that cannot be mistaken.
func (d *document) sentence(p text.Span, early, opens bool) *sentence {
	src := d.source.Text
	raw := p.In(src)
	signs := signs(raw)
	if isBoilerplate(signs, d.language) || isFurniture(raw) {
		return nil
	}
	s := &sentence{doc: d, source: d.index, start: p.Start, end: p.End}
	if early && d.from == "" {
		if n := d.dateline(raw); opens || strings.Contains(raw[:n], "(") || shouts(firstName(raw[:n])) {
			d.from = raw[:n]
			s.start += n
		}
	}
	s.ended, s.apart = hasEnd(raw)
	s.weak = patterns.get(d.language).weak.match(signs) != nil && !strings.ContainsAny(raw, `"“”«»`)
	s.text = strings.Join(strings.Fields(src[s.start:p.End]), " ")
	s.words = read(src[s.start:p.End], d.language)
	for j := range s.words {
		s.words[j].Start += s.start
		s.words[j].End += s.start
	}
	return s
}

// endsParagraph tells whether the i-th sentence is the last of its paragraph.
func (d *document) endsParagraph(spans []text.Span, i int) bool {
	return i+1 == len(spans) || strings.ContainsAny(d.source.Text[spans[i].End:spans[i+1].Start], "\n\r\u2028\u2029")
}

// noteLength gives the number of sentences of the paragraph that comes first, when its first one says
// that all of it is a note: "Correction: …", and what follows. 0 for any other, and for a long one.
func (d *document) noteLength(spans []text.Span) int {
	if !isNote(signs(d.bounded(spans[0]).In(d.source.Text)), d.language) {
		return 0
	}
	n := 1
	for !d.endsParagraph(spans, n-1) {
		n++
	}
	if len(strings.Fields(d.source.Text[spans[0].Start:spans[n-1].End])) > longestNote {
		return 0
	}
	return n
}

// isBoilerplate tells whether a sentence holds a pattern of its language or of English, which pages
// in every language fall into: "The post … appeared first on …".
func isBoilerplate(signs []string, language string) bool {
	return patterns.get(language).drop.match(signs) != nil || language != "en" && patterns.get("en").drop.match(signs) != nil ||
		isNote(signs, language)
}

// isNote tells whether a sentence opens a note of its language or of English.
func isNote(signs []string, language string) bool {
	return patterns.get(language).note.match(signs) != nil || language != "en" && patterns.get("en").note.match(signs) != nil
}

// keep gives the sentences that are good and repeat neither the title nor one another.
func (d *document) keep(all []*sentence, good func(*sentence) bool) []*sentence {
	title := stems(d.title)
	var out []*sentence
	var bags []bag
	for _, s := range all {
		b := newBag(s.words)
		if !good(s) || len(title) > 0 && jaccard(b.stems, title) > likeTitle {
			continue
		}
		if slices.ContainsFunc(bags, func(o bag) bool { return b.repeats(o) }) {
			continue
		}
		s.order = len(out)
		out, bags = append(out, s), append(bags, b)
	}
	return out
}
