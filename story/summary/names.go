package summary

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest name, in words.
const longestName = 7

// classes reads what the lists of the language name, weapons first of all. It runs before the
// amounts, since "JF-17" holds no number of anything.
func (r *reader) classes(f *Facts) {
	for i := 0; i < len(r.words); {
		i += max(r.listedClass(f, i), 1)
	}
}

func (r *reader) listedClass(f *Facts, i int) int {
	for _, c := range r.facts.classes {
		if n := c.list.length(r, i); n > 0 && r.joined(i, i+n) {
			f.add(&Facts{Classes: map[string][]Name{c.name: {r.name(i, i+n)}}})
			return n
		}
	}
	return 0
}

// names reads people, places and organisations.
func (r *reader) names(f *Facts) {
	if !usesCapitals(r.doc.language) {
		r.kinds(f)
	}
	for i := 0; i < len(r.words); {
		i += max(r.listed(f, i), 1)
	}
	if usesCapitals(r.doc.language) {
		if !r.isHeadline() {
			r.capitalised(f)
		}
		return
	}
	r.uncased(f)
}

// usesCapitals tells whether names stand out by capital letters.
func usesCapitals(language string) bool {
	switch language {
	case "ar", "ur", "fa", "ps", "he", "hi", "zh", "ja", "ko", "th", "de":
		return language == "de"
	}
	return true
}

// isHeadline tells whether most words are capitalised, so that capitals say nothing.
func (r *reader) isHeadline() bool {
	upper, all := 0, 0
	for _, w := range r.words {
		if first, _ := utf8.DecodeRuneInString(r.src[w.Start:]); w.stem != "" && unicode.IsLetter(first) {
			all++
			if w.upper {
				upper++
			}
		}
	}
	return all > 4 && upper*10 > all*9
}

// listed takes the names of the lists at word i: organisations and places.
func (r *reader) listed(f *Facts, i int) int {
	if r.used[i] {
		return 0
	}
	if n := r.facts.ignore.length(r, i); n > 0 {
		r.take(i, i+n)
		return n
	}
	if n := r.facts.organisations.length(r, i); n > 0 && r.joined(i, i+n) && r.properly(i, n) {
		f.Organisations = addNames(f.Organisations, []Name{r.name(i, i+n)})
		return n
	}
	if r.startsOrganisation(i) {
		return 0
	}
	key, n := r.placeAt(i)
	if n == 0 || !r.properly(i, n) || r.insideName(i, i+n) {
		return 0
	}
	name := r.name(i, i+n)
	name.Key = key
	if p := r.prefixed(i); p > 0 {
		name.Text = name.Text[p:]
	}
	f.Places = addNames(f.Places, []Name{name})
	return n
}

// properly tells whether words that a list has as a name are written as one, with a capital:
// "turkey" and "us" are words besides.
func (r *reader) properly(i, n int) bool {
	if !usesCapitals(r.doc.language) {
		return true
	}
	w := r.src[r.words[i].Start:r.words[i].End]
	if len(w) <= 3 && n == 1 {
		return strings.ToUpper(w) == w && !r.isShouted()
	}
	return r.words[i].upper
}

// isShouted tells whether the whole text is set in capitals.
func (r *reader) isShouted() bool {
	return len(r.words) > 3 && shouts(r.src[r.words[0].Start:r.words[len(r.words)-1].End])
}

// insideName tells whether a place is part of a longer capitalised name: "Bank of Pakistan",
// "Pakistan Air Force", "London Bridge Partners".
func (r *reader) insideName(i, j int) bool {
	if !usesCapitals(r.doc.language) {
		return false
	}
	for k := j; k < len(r.words) && k < j+4 && r.between(k) == " " && r.words[k].upper; k++ {
		if r.facts.orgWords[r.folded(k)] {
			return true
		}
	}
	return i > 1 && r.joins(i-2, i-1) && r.words[i-2].upper && r.facts.orgWords[r.folded(i-2)]
}

// joined tells whether words i to j stand together, with nothing but blanks, hyphens and full stops
// between them.
func (r *reader) joined(i, j int) bool {
	for k := i + 1; k < j; k++ {
		gap := r.between(k)
		if strings.Trim(gap, " -.'’\u00a0‑/&") != "" || strings.ContainsAny(gap, apostrophes) && strings.ContainsAny(gap, " \u00a0") {
			return false
		}
	}
	return true
}

func (r *reader) name(i, j int) Name {
	t := strings.Join(strings.Fields(r.take(i, j)), " ")
	keys := make([]string, 0, j-i)
	for k := i; k < j; k++ {
		keys = append(keys, r.folded(k))
	}
	return Name{Text: t, Key: strings.Join(keys, " ")}
}

// placeAt gives the place that starts at word i. Arabic writes "and", "in", "to", "from" on the
// word itself.
func (r *reader) placeAt(i int) (key string, n int) {
	if key, n = r.facts.places.at(r, i); n > 0 || r.doc.language != "ar" {
		if n > 0 && !r.joined(i, i+n) {
			return "", 0
		}
		return key, n
	}
	if p := r.prefixed(i); p > 0 {
		saved := r.words[i].Folded
		r.words[i].Folded = bare(saved)
		key, n = r.facts.places.at(r, i)
		r.words[i].Folded = saved
	}
	return key, n
}

// bare takes the particle off an Arabic word: وليبيا, بليبيا, لليبيا.
func bare(folded string) string {
	for _, p := range []string{"وب", "ول", "و", "ف", "ب", "ل", "ك"} {
		if rest, ok := strings.CutPrefix(folded, p); ok && utf8.RuneCountInString(rest) >= 3 {
			if p == "ل" || p == "ول" {
				if tail, ok := strings.CutPrefix(rest, "ل"); ok && !strings.HasPrefix(rest, "لي") {
					return "ال" + tail
				}
			}
			return rest
		}
	}
	return folded
}

// prefixed gives how many bytes of word i are particles that are not part of a place's name.
func (r *reader) prefixed(i int) int {
	if r.doc.language != "ar" {
		return 0
	}
	if _, n := r.facts.places.at(r, i); n > 0 {
		return 0
	}
	w := r.words[i]
	b := bare(w.Folded)
	if b == w.Folded || !r.knownPlace(b) {
		return 0
	}
	return len(r.src[w.Start:w.End]) - len(b)
}

func (r *reader) knownPlace(folded string) bool { return len(r.facts.places[folded]) > 0 }

// isPlace tells whether a text is the name of a place.
func (d *document) isPlace(s string) bool {
	words := read(firstName(s), d.language)
	if len(words) == 0 {
		return false
	}
	r := reader{facts: factLists.get(d.language), doc: d, src: s, words: words}
	_, n := r.facts.places.at(&r, 0)
	return n > 0 && n >= len(words)-1
}

// addPeople adds people; a surname alone is the person whose name ends with it.
func addPeople(list, more []Name) []Name {
	for _, n := range more {
		i := slices.IndexFunc(list, func(o Name) bool { return n.Key == o.Key || isSurname(n.Key, o.Key) || isSurname(o.Key, n.Key) })
		switch {
		case i < 0:
			list = append(list, n)
		case len(n.Key) > len(list[i].Key):
			list[i] = n
		}
	}
	return list
}

func isSurname(short, long string) bool { return strings.HasSuffix(long, " "+short) }
