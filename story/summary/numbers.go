package summary

import (
	"strconv"
	"strings"
	"unicode"
)

// scaled reads a number with its scale, "4.6 billion", and gives its words.
func (r *reader) scaled(i int) (value float64, n int) {
	value, n = r.number(i)
	if n == 0 {
		scale, m := r.facts.scale.at(r, i)
		w := r.words[i]
		if m == 0 || scale < 1e6 || w.upper || w.End-w.Start < 5 {
			return 0, 0 // "Million Dollar Baby", "I'm"
		}
		return scale, m // "a billion", "مليار"
	}
	for i+n < len(r.words) && isBlank(r.between(i+n)) {
		scale, m := r.facts.scale.at(r, i+n)
		if m == 0 {
			break
		}
		if value == float64(int(value)) && strings.ContainsAny(r.folded(i), ",") && scale >= 1e6 {
			value = decimals(r.folded(i), value) // "3,650 ملايين": nobody counts thousands of millions so
		}
		value *= scale
		n += m
	}
	return value, n
}

// decimals reads the comma of a number as a decimal mark.
func decimals(folded string, value float64) float64 {
	if strings.Count(folded, ",") != 1 {
		return value
	}
	if v, err := strconv.ParseFloat(strings.ReplaceAll(digitsToASCII(folded), ",", "."), 64); err == nil {
		return v
	}
	return value
}

// number reads a number in digits or words and gives how many words it has.
func (r *reader) number(i int) (float64, int) {
	w := digitsToASCII(r.folded(i))
	if w == "" {
		return 0, 0
	}
	if w[0] >= '0' && w[0] <= '9' {
		end := strings.IndexFunc(w, func(c rune) bool { return c != '.' && c != ',' && c != '٫' && c != '٬' && (c < '0' || c > '9') })
		unit := 1.0
		if end < 0 {
			end = len(w)
		} else {
			scale, ok := r.facts.suffix[w[end:]]
			if !ok {
				return 0, 0 // "22nd", "f16"
			}
			unit = scale
		}
		value, ok := parseNumber(w[:end], r.doc.language)
		if !ok {
			return 0, 0
		}
		n := 1
		if unit == 1 && len(w) <= 3 {
			for i+n < len(r.words) && r.isGroup(i+n) {
				group, _ := strconv.ParseFloat(digitsToASCII(r.folded(i+n)), 64)
				value, n = value*1000+group, n+1
			}
		}
		return value * unit, n
	}
	value, n := r.facts.numbers.at(r, i)
	if n == 0 || r.words[i].upper && i > 0 && r.between(i) == " " && r.words[i-1].upper {
		return 0, 0 // none, or part of a name: "Ocean's Twelve"
	}
	if value >= 20 && value < 100 {
		if ones, m := r.facts.numbers.at(r, i+n); m > 0 && ones < 10 && (isBlank(r.between(i+n)) || r.between(i+n) == "-") {
			return value + ones, n + m
		}
	}
	return value, n
}

// isGroup tells whether word i is a group of three digits after a blank, as in "1 200 000".
func (r *reader) isGroup(i int) bool {
	w := digitsToASCII(r.folded(i))
	if len(w) != 3 || strings.IndexFunc(w, func(c rune) bool { return c < '0' || c > '9' }) >= 0 {
		return false
	}
	gap := r.between(i)
	return gap == "\u00a0" || gap == "\u202f" || gap == " " && groupsByBlank[r.doc.language]
}

var groupsByBlank = map[string]bool{"fr": true, "ru": true, "es": true, "de": true}

// Languages that write 1.234,5 for what others write 1,234.5.
var commaDecimals = map[string]bool{"tr": true, "fr": true, "de": true, "es": true, "ru": true}

// parseNumber reads ASCII digits with separators as a language writes them. A single separator
// before exactly three digits groups thousands where the language groups by it, else it is the
// decimal mark; separators of both kinds end with the decimal mark.
func parseNumber(s, language string) (float64, bool) {
	s = strings.NewReplacer("٫", ".", "٬", "").Replace(s)
	s = strings.TrimRight(s, ".,")
	dot, comma := strings.Count(s, "."), strings.Count(s, ",")
	thousands, decimal := ",", "."
	if commaDecimals[language] {
		thousands, decimal = ".", ","
	}
	switch {
	case dot > 0 && comma > 0:
		if strings.LastIndex(s, ",") > strings.LastIndex(s, ".") {
			thousands, decimal = ".", ","
		} else {
			thousands, decimal = ",", "."
		}
	case dot > 1:
		thousands, decimal = ".", ","
	case comma > 1:
		thousands, decimal = ",", "."
	case dot+comma == 1:
		_, after, _ := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
		sep := "."
		if comma == 1 {
			sep = ","
		}
		if len(after) != 3 || strings.HasPrefix(s, "0") {
			thousands, decimal = "", sep
		} else if sep == decimal {
			thousands = ""
		}
	}
	if thousands != "" {
		s = strings.ReplaceAll(s, thousands, "")
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(s, decimal, "."), 64)
	return v, err == nil
}

// digitsToASCII writes the decimal digits of all scripts as 0 to 9.
func digitsToASCII(s string) string {
	if strings.IndexFunc(s, func(c rune) bool { return c >= 0x80 && unicode.IsDigit(c) }) < 0 {
		return s
	}
	return strings.Map(func(c rune) rune {
		if c < 0x80 || !unicode.IsDigit(c) {
			return c
		}
		zero := c
		for unicode.IsDigit(zero-1) && c-zero < 9 {
			zero-- // the digits of a script follow one another
		}
		return '0' + c - zero
	}, s)
}

// isScore tells whether words i to j are part of a result or a range: "2-0".
func (r *reader) isScore(i, j int) bool {
	dash := func(k int) bool { g := r.between(k); return g == "-" || g == "–" }
	return i > 0 && dash(i) && startsWithDigit(r.folded(i-1)) || dash(j) && startsWithDigit(r.folded(j))
}
