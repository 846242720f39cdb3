package feeds

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// textWriter joins pieces of text: white space becomes one space, and the largest break asked for
// between two pieces wins.
type textWriter struct {
	b       strings.Builder
	gap     gap
	oneLine bool
}

func (w *textWriter) full() bool { return w.b.Len() >= maxText }

func (w *textWriter) breakFor(tag atom.Atom) {
	g := gapOf(tag)
	if g == lineGap && w.gap == lineGap { // two line breaks make a paragraph
		g = paragraphGap
	}
	w.gap = max(w.gap, g)
}

// write adds text in which white space means a space.
func (w *textWriter) write(s string) {
	for s != "" {
		n := plainPrefix(s)
		if n > 0 {
			w.open()
			w.b.WriteString(s[:n])
			s = s[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch {
		case isBlank(r):
			w.gap = max(w.gap, spaceGap)
		case 0x80 <= r && r < 0xA0: // a byte of Windows-1252 that somebody took for Unicode
			if r = charmap.Windows1252.DecodeByte(byte(r)); r >= 0xA0 {
				w.open()
				w.b.WriteRune(r)
			}
		case isUnwanted(r):
		default:
			w.open()
			w.b.WriteRune(r)
		}
	}
}

// open writes the break that is due before the next piece.
func (w *textWriter) open() {
	if w.gap != noGap && w.b.Len() > 0 {
		switch {
		case w.gap == spaceGap, w.oneLine:
			w.b.WriteByte(' ')
		case w.gap == lineGap:
			w.b.WriteByte('\n')
		default:
			w.b.WriteString("\n\n")
		}
	}
	w.gap = noGap
}

func (w *textWriter) String() string {
	s := w.b.String()
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return norm.NFC.String(s)
}

// plainPrefix counts the leading bytes that need no look: printable ASCII without spaces, and
// two-byte letters from U+00C0 to U+05FF (Latin, Greek, Cyrillic, Armenian, Hebrew).
func plainPrefix(s string) int {
	for i := 0; i < len(s); i++ {
		if b := s[i]; b <= ' ' || b >= 0x7f && (b < 0xc3 || b > 0xd7) {
			return i
		} else if b >= 0x80 {
			i++ // its second byte
		}
	}
	return len(s)
}

func isBlank(r rune) bool {
	switch r {
	case ' ', '\n', '\t', '\r', '\f', '\v', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000:
		return true
	}
	return 0x2000 <= r && r <= 0x200A
}

// isUnwanted tells characters that are never seen and serve to disguise: controls, bidirectional
// overrides and isolates, zero-width space and its kin, tag characters, noncharacters. The
// zero-width joiners stay, because Urdu and Persian are spelt with them, and so do the directional
// marks.
func isUnwanted(r rune) bool {
	switch {
	case r < 0x20, r == 0x7f, r == 0xAD, r == 0x200B, r == 0xFEFF:
		return true
	case 0x202A <= r && r <= 0x202E, 0x2060 <= r && r <= 0x206F:
		return true
	case 0xFDD0 <= r && r <= 0xFDEF, r&0xFFFE == 0xFFFE, 0xE0000 <= r && r <= 0xE0FFF, 0xFFF9 <= r && r <= 0xFFFB:
		return true
	}
	return false
}

// cleanLine gives plain text on one line.
func cleanLine(s string) string {
	w := textWriter{oneLine: true}
	w.write(strings.ToValidUTF8(s, "\uFFFD"))
	return w.String()
}

// cleanParagraphs gives plain text whose blank lines are breaks between paragraphs.
func cleanParagraphs(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	var w textWriter
	for i, paragraph := range splitParagraphs(s) {
		if i > 0 {
			w.gap = paragraphGap
		}
		w.write(paragraph)
	}
	return w.String()
}

// splitParagraphs splits at blank lines.
func splitParagraphs(s string) []string {
	if !strings.Contains(s, "\n") {
		return []string{s}
	}
	var out []string
	var b bytes.Buffer
	for line := range strings.Lines(strings.ReplaceAll(s, "\r\n", "\n")) {
		if strings.TrimSpace(line) == "" && b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
			continue
		}
		b.WriteString(line)
	}
	return append(out, b.String())
}
