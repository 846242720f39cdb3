package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold gives the form in which words are compared: NFKC, lower case, without diacritics and
// invisible characters, with the letter variants of Arabic and Urdu made one and all digits
// European. It is the same in every language: all four i of Turkish fold to i.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	compose := false
	var last rune
	for _, r := range norm.NFKD.String(s) {
		if isFoldedMark(r, last) {
			continue
		}
		last = r
		r = unicode.ToLower(r)
		if r >= utf8.RuneSelf {
			compose = compose || unicode.Is(unicode.M, r) || r >= 0x1100 && r <= 0x11FF
			if long, ok := foldLong[r]; ok {
				b.WriteString(long)
				continue
			}
			r = foldRune(r)
		}
		b.WriteRune(r)
	}
	if compose {
		return norm.NFC.String(b.String())
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isFoldedMark says whether r, after last, is dropped: accents, harakat, niqqud, tatweel and
// whatever cannot be seen. The breve of й and the marks of scripts that write vowels with them
// (Devanagari, Thai, kana) make other letters and stay.
func isFoldedMark(r, last rune) bool {
	switch {
	case r < 0x00AD:
		return false
	case r == 0x0306:
		return last != 'и' && last != 'И'
	case r >= 0x0300 && r <= 0x036F, r >= 0x1AB0 && r <= 0x1AFF, r >= 0x1DC0 && r <= 0x1DFF, r >= 0x20D0 && r <= 0x20FF:
		return true
	case r >= 0x0591 && r <= 0x05C7:
		return unicode.Is(unicode.Mn, r)
	case r == 0x0640, r >= 0x0610 && r <= 0x061A, r >= 0x064B && r <= 0x065F, r == 0x0670,
		r >= 0x06D6 && r <= 0x06ED && r != 0x06DD && r != 0x06DE && r != 0x06E9:
		return r != 0x06E5 && r != 0x06E6
	}
	return unicode.Is(unicode.Cf, r) || r >= 0xFE00 && r <= 0xFE0F
}

// foldLong are the letters that fold to more than one.
var foldLong = map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th"}

// foldRune folds one lower-case letter without marks.
func foldRune(r rune) rune {
	switch r {
	case 'ı', 'ɩ':
		return 'i'
	case 'ø':
		return 'o'
	case 'đ', 'ð':
		return 'd'
	case 'ł':
		return 'l'
	case 'ħ':
		return 'h'
	case 'ŧ':
		return 't'
	case 'ŋ':
		return 'n'
	case 'ə':
		return 'e'
	case 'ς':
		return 'σ'
	case 'ё':
		return 'е'
	case 'ٱ':
		return 'ا'
	case 'ى', 'ی', 'ې', 'ے', 'ۍ':
		return 'ي'
	case 'ة', 'ہ', 'ۃ', 'ھ', 'ە':
		return 'ه'
	case 'ک', 'ڪ':
		return 'ك'
	case 'ں':
		return 'ن'
	}
	if r >= 0x0660 && unicode.IsDigit(r) {
		return '0' + digitValue(r)
	}
	return r
}

// digitValue gives the value of a decimal digit: the tens of a script stand in a row.
func digitValue(r rune) rune {
	for d := range rune(10) {
		if !unicode.IsDigit(r - d - 1) {
			return d
		}
	}
	return 0 // the mathematical digits stand in longer rows, but NFKD has replaced them
}
