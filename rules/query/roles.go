package query

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

const (
	leadParagraphs = 2   // the lead, of a text that has more
	leadWords      = 50  // of one that has not
	longText       = 150 // words, from which on the last third is background
)

// leadEnd gives the token after the lead: the first two paragraphs of a text that has more, or
// 15 % of its words if that goes further. A text of one or two paragraphs, such as a feed's teaser
// or a text whose paragraphs were lost, leads with its first 50 words or 15 %.
func (d *Document) leadEnd(from int32) int32 {
	to := int32(len(d.tokens)) - 1 // the gap after the text
	end := from + (to-from)*15/100
	if len(d.paras) > leadParagraphs {
		return max(end, d.paras[leadParagraphs]-1)
	}
	return min(to, max(end, from+leadWords))
}

// role says how prominent the word at a token is. Title: in the title. Background: after a marker
// of earlier events in its sentence, or beyond the lead in the last third of a long text. Lead:
// in the lead. Body: elsewhere in the text. Attributes have no role.
func (d *Document) role(tok int32) Role {
	switch body := d.ranges[Body]; {
	case tok < d.ranges[Title].to:
		return InTitle
	case tok >= body.to:
		return NoRole
	default:
		d.order()
		lead := tok < d.ranges[Lead].to
		s := d.ordered.sentences[d.ordered.sentence(tok)]
		switch {
		case s.marked >= 0 && tok >= s.marked, !lead && s.weak >= 0 && tok >= s.weak:
			return Background
		case lead:
			return InLead
		case d.words >= longText && tok >= body.from+(body.to-body.from)*2/3:
			return Background
		}
		return InBody
	}
}

// orderedState holds the sentences of the current item, which are found when first asked for.
type orderedState struct {
	ready     bool
	spans     []text.Span
	sentences []sentence
}

// sentence is one sentence of the text.
type sentence struct {
	from, to int32 // tokens
	marked   int32 // the token after the first marker of an earlier event, -1 without one
	weak     int32 // the same for markers that mean it only outside of the lead
}

func (o *orderedState) sentence(tok int32) int {
	i, found := slices.BinarySearchFunc(o.sentences, tok, func(s sentence, t int32) int { return int(s.from) - int(t) })
	if !found {
		i--
	}
	return i
}

// order finds sentences and markers.
func (d *Document) order() {
	o := &d.ordered
	if o.ready {
		return
	}
	o.ready = true
	o.sentences = o.sentences[:0]
	body := d.ranges[Body]
	tok := body.from
	o.spans = text.AppendSentences(o.spans[:0], d.Item.Text, d.Item.Language)
	for _, span := range o.spans {
		from := tok
		for tok < body.to && int(d.tokens[tok].Start) < span.End {
			tok++
		}
		if tok > from {
			o.sentences = append(o.sentences, sentence{from, tok, -1, -1})
		}
	}
	if len(o.sentences) == 0 {
		o.sentences = append(o.sentences, sentence{body.from, body.to, -1, -1})
	}
	o.sentences[0].from, o.sentences[len(o.sentences)-1].to = body.from, body.to
	for i := range o.sentences {
		d.mark(&o.sentences[i])
	}
}

// mark finds the first markers in a sentence.
func (d *Document) mark(s *sentence) {
	m := markersOf(d.Item.Language)
	at := d.Item.Time()
	for i := s.from; i < s.to && (s.marked < 0 || s.weak < 0); i++ {
		word := d.foldedAt(i)
		for _, phrase := range m.phrases[word] {
			if d.follows(i, s.to, phrase.words) {
				if after := i + int32(len(phrase.words)); phrase.weak && s.weak < 0 {
					s.weak = after
				} else if !phrase.weak && s.marked < 0 {
					s.marked = after
				}
			}
		}
		if s.marked < 0 && i+1 < s.to && slices.Contains(m.in, word) && isPast(d.foldedAt(i+1), m, at) {
			s.marked = i + 2
		}
	}
}

func (d *Document) foldedAt(i int32) string {
	if f := d.tokens[i].Form; f != gap {
		return d.an.Form(f).Folded
	}
	return ""
}

func (d *Document) follows(i, to int32, words []string) bool {
	if i+int32(len(words)) > to {
		return false
	}
	for k, w := range words {
		if d.foldedAt(i+int32(k)) != w {
			return false
		}
	}
	return true
}

// isPast says whether a month or a year, after "in" or "since", lies before the item. A month is
// past unless the item came in it or in the month after, when people still write of it as news.
func isPast(word string, m *markers, at time.Time) bool {
	if len(word) == 4 {
		if y, err := strconv.Atoi(word); err == nil {
			return y >= 1900 && !at.IsZero() && y < at.Year()
		}
	}
	month, ok := m.months[word]
	if !ok {
		return false
	}
	return at.IsZero() || at.Month() != month
}

// markers are the words of one language that say that what follows happened before.
type markers struct {
	phrases map[string][]marker // by first word
	in      []string            // words before a month or a year
	months  map[string]time.Month
}

type marker struct {
	words []string
	weak  bool
}

func markersOf(language string) *markers {
	base, _, _ := strings.Cut(language, "-")
	if m, ok := allMarkers[base]; ok {
		return m
	}
	return allMarkers["en"]
}
