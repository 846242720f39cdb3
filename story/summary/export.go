package summary

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// export gives the sentence, cut where it alone is longer than max characters.
func (s *sentence) export(max int) Sentence {
	out := Sentence{Text: s.text, Source: s.source, Start: s.start, End: s.end}
	if utf8.RuneCountInString(s.text) <= max {
		return out
	}
	from := 0
	if at := s.firstEvidence(); at > 0 && utf8.RuneCountInString(s.doc.source.Text[s.start:at]) > max/2 {
		from = at - s.start // far behind the start: begin with it, or the cut would lose it
	}
	raw := s.doc.source.Text[s.start+from : s.end]
	end, whole := cutAt(raw, max)
	out.Start += from
	out.End = out.Start + end
	out.Text = strings.Join(strings.Fields(raw[:end]), " ")
	if !whole {
		out.Text += "…"
	}
	return out
}

// cutAt gives where a text is cut so that it and a "…" have at most max characters: at a blank where
// there is one.
func cutAt(s string, max int) (end int, whole bool) {
	if utf8.RuneCountInString(s) <= max {
		return len(s), true
	}
	n, last := 0, 0
	for i, r := range s {
		if n++; n >= max {
			last = i
			break
		}
		if unicode.IsSpace(r) {
			end = i
		}
	}
	if end == 0 {
		end = last // one word of a thousand letters
	}
	return end, false
}

// firstEvidence gives the byte in the source's text where the watch's evidence in the sentence
// starts, 0 without any.
func (s *sentence) firstEvidence() int {
	for _, e := range s.doc.source.Evidence {
		if e.Start >= s.start && e.End <= s.end {
			return e.Start
		}
	}
	return 0
}
