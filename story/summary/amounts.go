package summary

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Signs of money before or after a number, the longer ones first.
var moneySigns = []struct{ sign, code string }{
	{"US$", "USD"}, {"A$", "AUD"}, {"C$", "CAD"}, {"HK$", "HKD"}, {"R$", "BRL"}, {"$US", "USD"},
	{"$", "USD"}, {"€", "EUR"}, {"£", "GBP"}, {"₺", "TRY"}, {"₹", "INR"}, {"₨", "PKR"}, {"¥", "JPY"},
	{"₽", "RUB"}, {"₴", "UAH"}, {"₪", "ILS"}, {"₩", "KRW"}, {"﷼", "IRR"},
}

func isCurrency(unit string) bool {
	return len(unit) == 3 && unit[0] >= 'A' && unit[0] <= 'Z' && unit[2] >= 'A' && unit[2] <= 'Z'
}

// amounts reads money, shares and counts.
func (r *reader) amounts(f *Facts) {
	for i := 0; i < len(r.words); {
		n := r.amount(f, i)
		i += max(n, 1)
	}
}

// amount reads the amount that starts at word i and gives how many words it has, 0 for none.
func (r *reader) amount(f *Facts, i int) int {
	if r.used[i] {
		return 0
	}
	value, n := r.scaled(i)
	if n == 0 {
		return 0
	}
	if a, from, to := r.money(value, i, i+n); a.Unit != "" {
		a.Text = r.cover(from, to, i, a.Text)
		f.Amounts = addAmounts(f.Amounts, []Amount{a})
		return to - i
	}
	if a, m := r.share(value, i, i+n); m > 0 {
		f.Amounts = addAmounts(f.Amounts, []Amount{a})
		return m
	}
	if a, m := r.count(value, i, i+n); m > 0 {
		f.Counts = addAmounts(f.Counts, []Amount{a})
	}
	return n
}

// money reads the currency around words i to j, which hold a number. Unit is empty for none;
// from and to are the words of the whole, and Text is the sign that stands before word i.
func (r *reader) money(value float64, i, j int) (a Amount, from, to int) {
	a.Value = value
	before, after := r.between(i), r.between(j)
	for _, m := range moneySigns {
		bare := strings.TrimRight(before, " \u00a0")
		if strings.HasSuffix(bare, m.sign) {
			a.Unit, a.Text = m.code, m.sign
			if m.code == "USD" && i > 0 && len(bare) == 1 {
				a.Unit = dollarOf(r.folded(i-1), a.Unit)
			}
			return a, i, j
		}
		if strings.HasPrefix(strings.TrimLeft(after, " \u00a0\u202f"), m.sign) {
			a.Unit = m.code
			return a, i, j
		}
	}
	if code, n := r.facts.currency.at(r, i-1); n == 1 && (isBlank(before) || before == ".") && r.facts.before[r.folded(i-1)] {
		a.Unit = code
		return a, i - 1, j
	}
	k := j
	for range 3 {
		if k >= len(r.words) || !isBlank(strings.Trim(r.between(k), "'’-")) {
			return a, i, j
		}
		if code, n := r.facts.currency.at(r, k); n > 0 {
			a.Unit = code
			return a, i, k + n
		}
		if !r.facts.filler[r.folded(k)] {
			return a, i, j
		}
		k++
	}
	return a, i, j
}

// dollarOf gives the currency of "US $" and its like.
func dollarOf(before, code string) string {
	switch before {
	case "a", "au", "aud":
		return "AUD"
	case "c", "ca", "cad":
		return "CAD"
	}
	return code
}

// cover takes words from to to, and the sign before word i, as they stand in the text.
func (r *reader) cover(from, to, i int, sign string) string {
	out := r.take(from, to)
	if sign != "" && from == i {
		gap := r.between(i)
		at := strings.LastIndex(gap, sign)
		out = gap[at:] + out
	} else if sign == "" {
		for _, m := range moneySigns {
			rest := r.between(to)
			if trimmed := strings.TrimLeft(rest, " \u00a0\u202f"); strings.HasPrefix(trimmed, m.sign) {
				return out + rest[:len(rest)-len(trimmed)] + m.sign
			}
		}
	}
	return strings.Join(strings.Fields(out), " ")
}

// share reads "50 %", "%50", "50 percent" and "yüzde 50".
func (r *reader) share(value float64, i, j int) (Amount, int) {
	a := Amount{Value: value, Unit: "%"}
	before, after := r.between(i), r.between(j)
	switch {
	case strings.HasPrefix(strings.TrimLeft(after, " \u00a0\u202f"), "%") || strings.HasPrefix(after, "٪"):
		a.Text = r.take(i, j) + "%"
		return a, j - i
	case strings.HasSuffix(before, "%") || strings.HasSuffix(before, "٪"):
		a.Text = "%" + r.take(i, j)
		return a, j - i
	}
	if n := r.facts.percent.length(r, j); n > 0 {
		a.Text = r.take(i, j+n)
		return a, j + n - i
	}
	if i > 0 && r.facts.percentBefore[r.folded(i-1)] {
		a.Text = r.take(i-1, j)
		return a, j - i
	}
	return a, 0
}

// How far a word that says what is counted may stand from its number.
const countReach = 4

// count reads what words i to j count: by the lists of the language around them, else by the word
// that follows.
func (r *reader) count(value float64, i, j int) (Amount, int) {
	a := Amount{Value: value}
	switch w := r.folded(i); {
	case value == 1 && !startsWithDigit(w):
		return a, 0 // "un", "bir", "ایک" are articles
	case strings.HasSuffix(w, "m") && startsWithDigit(w):
		return a, 0 // millions of what, or metres?
	case r.isScore(i, j):
		return a, 0
	case value >= 1900 && value <= 2100 && j == i+1 && value == math.Trunc(value):
		return a, 0 // a year
	}
	for k := i - 1; k >= 0 && k >= i-countReach && isBlank(r.between(k+1)); k-- {
		if class := r.facts.counted[r.folded(k)]; class != "" {
			a.Unit = class
			break
		}
		if r.facts.and[r.folded(k)] {
			break
		}
		if !text.Stop(r.folded(k), r.doc.language) && !r.facts.filler[r.folded(k)] {
			break
		}
	}
	for k := j; a.Unit == "" && k < len(r.words) && k < j+countReach && isBlank(r.between(k)); k++ {
		w := r.folded(k)
		if r.facts.and[w] {
			break
		}
		a.Unit = r.facts.counted[w]
	}
	if a.Unit != "" {
		a.Text = r.take(i, j)
		return a, j - i
	}
	if j >= len(r.words) || !isBlank(r.between(j)) || j == i {
		return a, 0
	}
	next := r.words[j]
	if value == 1 || r.used[j] || next.stem == "" || next.upper || utf8.RuneCountInString(next.Folded) < 3 {
		return a, 0
	}
	if first, _ := utf8.DecodeRuneInString(next.Folded); unicode.IsDigit(first) {
		return a, 0
	}
	a.Unit = next.stem
	a.Text = r.src[r.words[i].Start:next.End]
	r.take(i, j)
	return a, j - i
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

func replaceHyphens(s string) string { return strings.ReplaceAll(s, "-", " ") }

// length is how many words the longest phrase at word i has.
func (p phrases[T]) length(r *reader, i int) int {
	_, n := p.at(r, i)
	return n
}
