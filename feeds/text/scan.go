package text

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// scanner cuts a text into words by the word boundaries of Unicode (UAX 29), tailored to news:
//
//   - A full stop or colon inside letters ends a word (a missing blank hides nothing:
//     "signed.The", "Reuters.com"), unless single letters make an acronym: U.S., U.A.E.
//   - A hyphen and an underscore end a word: arms-deal is the two words of "arms deal".
//   - Elided articles are no part of a word: l'Arabie, d'armes, qu'il.
//   - Invisible characters inside a word do not end it.
//   - A change between alphabetic and other scripts ends a word: UN은, JF-17战机.
//
// Alphabets (Latin, Greek, Cyrillic, Arabic and the like) are read here, every other script by
// the library: Han character by character, Katakana and Hangul by runs.
type scanner struct {
	s     string
	pos   int
	other words.Iterator[string] // over the run of other scripts that is being read
	base  int                    // where that run begins
	until int                    // where it ends
}

const (
	classSeparator uint8 = iota
	classLetter
	classDigit
	classMark       // part of the word that it follows: a combining mark, an invisible character
	classApostrophe // ' and ’
	classStop       // .
	classComma
	classOther // read by the library
)

// classes tells what the characters below U+0800 are to the scanner.
var classes = func() (t [0x800]uint8) {
	for r := range rune(len(t)) {
		switch {
		case unicode.IsLetter(r):
			t[r] = classLetter
		case unicode.IsDigit(r):
			t[r] = classDigit
		case unicode.Is(unicode.M, r), unicode.Is(unicode.Cf, r):
			t[r] = classMark
		}
	}
	t['\''], t['.'], t[','] = classApostrophe, classStop, classComma
	return t
}()

func classOf(r rune) uint8 {
	switch {
	case r < 0x800:
		return classes[r]
	case r == '’', r == '‘', r == 'ʼ', r == '＇':
		return classApostrophe
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2064, r == 0xFEFF, r >= 0xFE00 && r <= 0xFE0F:
		return classMark
	case r >= 0x2000 && r <= 0x206F:
		return classSeparator
	case r >= 0x08A0 && r <= 0x08FF, r >= 0x1E00 && r <= 0x1FFF, r >= 0x2C60 && r <= 0x2C7F,
		r >= 0xFB00 && r <= 0xFB06, r >= 0xFB50 && r <= 0xFDFB, r >= 0xFE70 && r <= 0xFEFC:
		switch {
		case unicode.IsLetter(r):
			return classLetter
		case unicode.Is(unicode.M, r):
			return classMark
		}
		return classSeparator
	case r == utf8.RuneError:
		return classSeparator
	}
	return classOther
}

// classAt gives the class and the length of the character at i.
func (sc *scanner) classAt(i int) (uint8, int) {
	c := sc.s[i]
	if c < utf8.RuneSelf {
		return classes[c], 1
	}
	r, n := utf8.DecodeRuneInString(sc.s[i:])
	return classOf(r), n
}

// next gives the bounds of the next word.
func (sc *scanner) next() (start, end int, ok bool) {
	for {
		if sc.pos < sc.until {
			if start, end, ok := sc.nextOther(); ok {
				return start, end, true
			}
		}
		s, i := sc.s, sc.pos
		class, n := classSeparator, 0
		for i < len(s) {
			if class, n = sc.classAt(i); class == classLetter || class == classDigit || class == classOther {
				break
			}
			i += n
		}
		if i == len(s) {
			sc.pos = i
			return 0, 0, false
		}
		if class == classOther {
			sc.startOther(i)
			continue
		}
		return sc.word(i)
	}
}

// word reads the alphabetic word that begins at start.
func (sc *scanner) word(start int) (int, int, bool) {
	s := sc.s
	piece, i, letters := start, start, 0 // since the last joining mark
	acronym := true
	last := classLetter
	for i < len(s) {
		class, n := sc.classAt(i)
		switch class {
		case classLetter, classDigit:
			letters++
			last = class
			i += n
			continue
		case classMark:
			i += n
			continue
		case classSeparator, classOther:
			sc.pos = i
			return start, i, true
		}
		next := uint8(classSeparator)
		if i+n < len(s) {
			next, _ = sc.classAt(i + n)
		}
		join := false
		switch class {
		case classApostrophe:
			join = last == classLetter && next == classLetter || last == classDigit && next == classLetter
			acronym = false
			if join && isElision(s[piece:i]) && piece == start {
				start, join = i+n, true
			}
		case classStop:
			join = last == classDigit && next == classDigit ||
				acronym && letters == 1 && last == classLetter && next == classLetter && sc.singleLetter(i+n)
		case classComma:
			join = last == classDigit && next == classDigit
		}
		if !join {
			sc.pos = i
			return start, i, true
		}
		i += n
		piece, letters = i, 0
	}
	sc.pos = i
	return start, i, true
}

// singleLetter says whether the letter at i is a whole piece, as in an acronym.
func (sc *scanner) singleLetter(i int) bool {
	_, n := sc.classAt(i)
	for i += n; i < len(sc.s); i += n {
		var class uint8
		if class, n = sc.classAt(i); class != classMark {
			return class != classLetter && class != classDigit && class != classApostrophe
		}
	}
	return true
}

// isElision says whether a piece before an apostrophe is an article or the like that lost its
// vowel, in French, Italian or Catalan.
func isElision(piece string) bool {
	switch len(piece) {
	case 1:
		switch piece[0] | 0x20 {
		case 'l', 'd', 'j', 'm', 't', 's', 'n', 'c':
			return true
		}
	case 2:
		return piece[0]|0x20 == 'q' && piece[1]|0x20 == 'u'
	case 4, 5, 6, 7:
		switch toLowerASCII(piece) {
		case "dell", "nell", "dall", "sull", "lorsqu", "puisqu", "jusqu", "quoiqu":
			return true
		}
	}
	return false
}

func toLowerASCII(s string) string {
	var b [8]byte
	for i := range s {
		b[i&7] = s[i] | 0x20
	}
	return string(b[:len(s)])
}

// startOther hands the run of other scripts at i to the library.
func (sc *scanner) startOther(i int) {
	end := i
	for end < len(sc.s) {
		class, n := sc.classAt(end)
		if sc.s[end] < utf8.RuneSelf || class == classLetter || class == classSeparator || class == classDigit {
			break
		}
		end += n
	}
	sc.other = *words.FromString(sc.s[i:end])
	sc.base, sc.pos, sc.until = i, i, end
}

func (sc *scanner) nextOther() (start, end int, ok bool) {
	for sc.other.Next() {
		for _, r := range sc.other.Value() {
			if isWordRune(r) {
				start, end = sc.base+sc.other.Start(), sc.base+sc.other.End()
				sc.pos = end
				return start, end, true
			}
		}
	}
	sc.pos = sc.until
	return 0, 0, false
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
