package summary

import (
	"strings"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// kinds reads organisations by their kind, before the places that stand in their names are taken.
func (r *reader) kinds(f *Facts) {
	for i := 0; i < len(r.words); {
		if j := r.kindRun(i); j > i && !r.used[i] && r.facts.organisations.length(r, i) == 0 {
			f.Organisations = addNames(f.Organisations, []Name{r.name(i, j)})
			i = j
			continue
		}
		i++
	}
}

// uncased reads names where no capital letters show them, as in Arabic and Urdu: people after a
// title or from a given name on, organisations from their kind on.
func (r *reader) uncased(f *Facts) {
	for i := 0; i < len(r.words); {
		if r.used[i] {
			i++
			continue
		}
		if n := r.facts.titles.length(r, i); n > 0 {
			from := r.skipOffice(i + n)
			if j := r.personEnd(from, true); j > from {
				f.People = addPeople(f.People, []Name{r.name(from, j)})
				i = j
				continue
			}
			i += n
			continue
		}
		if r.placeBefore(i) && r.canBeName(i) && !r.facts.given[r.folded(i)] {
			j := i + 1
			if r.facts.joins[r.folded(i)] && j < len(r.words) && r.joined(i, j+1) { // "بن قردان"
				j++
			}
			f.Places = addNames(f.Places, []Name{r.name(i, j)})
			i = j
			continue
		}
		if r.facts.given[r.unprefixed(i)] || r.isServant(i) {
			if j := r.personEnd(i, false); j > i+1 {
				name := r.name(i, j)
				if b := r.unprefixed(i); b != r.folded(i) {
					name.Text = name.Text[len(r.folded(i))-len(b):]
					name.Key = strings.TrimPrefix(name.Key, r.folded(i)[:len(r.folded(i))-len(b)])
				}
				f.People = addPeople(f.People, []Name{name})
				i = j
				continue
			}
		}
		i++
	}
}

// isServant tells whether a name starts with "servant of": "عبد اللطيف".
func (r *reader) isServant(i int) bool {
	return r.folded(i) == "عبد" && strings.HasPrefix(r.folded(i+1), "ال")
}

// unprefixed gives word i without Arabic's "and", where that leaves a given name.
func (r *reader) unprefixed(i int) string {
	w := r.folded(i)
	if r.doc.language == "ar" && !r.facts.given[w] {
		for _, p := range []string{"و", "ل", "ب"} {
			if rest, ok := strings.CutPrefix(w, p); ok && r.facts.given[rest] && utf8.RuneCountInString(rest) > 2 {
				return rest
			}
		}
	}
	return w
}

// skipOffice goes over what follows a title and is not the name yet: in Arabic the words with the
// article ("الوزراء الباكستاني"), else countries and stop words are none of it.
func (r *reader) skipOffice(i int) int {
	for n := 0; n < 4 && i < len(r.words) && isBlank(r.between(i)); n++ {
		w := r.folded(i)
		if !(r.doc.language == "ar" && strings.HasPrefix(w, "ال")) && r.facts.titles.length(r, i) == 0 {
			break
		}
		i++
	}
	return i
}

// personEnd gives the end of the person's name at word i. After a title two words are a name, from
// a given name on it goes on while words are given names or joins, and one word more.
func (r *reader) personEnd(i int, titled bool) int {
	j, parts := i, 0
	for j < len(r.words) && j-i < longestName {
		if j > i && !r.joined(j-1, j+1) || r.used[j] || !r.canBeName(j) {
			break
		}
		w := r.folded(j)
		if r.facts.joins[w] {
			j++
			continue
		}
		if parts >= 2 && !r.facts.given[w] && !r.facts.joins[r.folded(j-1)] && !r.isSurnameAt(j, parts, titled) {
			break
		}
		if parts == 1 && !titled && r.doc.language == "ar" && strings.HasPrefix(w, "ال") && !r.facts.given[r.folded(j-1)] {
			break
		}
		parts++
		j++
	}
	for j > i && r.facts.joins[r.folded(j-1)] {
		j--
	}
	if titled && parts < 1 || !titled && parts < 2 {
		return i
	}
	return j
}

// isSurnameAt tells whether a third part of a name stands at word j: in Arabic where it comes from
// (السوداني), in Urdu whatever stands between a titled name and a postposition.
func (r *reader) isSurnameAt(j, parts int, titled bool) bool {
	if parts > 2 {
		return false
	}
	if r.doc.language == "ar" {
		return strings.HasPrefix(r.folded(j), "ال") && strings.HasSuffix(r.folded(j), "ي")
	}
	return titled && j+1 < len(r.words) && isBlank(r.between(j+1)) && r.facts.postpositions[r.folded(j+1)]
}

// isArabicPhrase tells what no name is: "to the", "in the", "for following up", a verb of the
// present, a word with "her" or "their" at its end.
func (r *reader) isArabicPhrase(i int) bool {
	w := r.folded(i)
	if r.facts.given[w] {
		return false
	}
	if strings.HasPrefix(w, "لل") || strings.HasPrefix(w, "ي") || strings.HasSuffix(w, "ها") || strings.HasSuffix(w, "هم") {
		return true
	}
	particle := strings.HasPrefix(w, "ل") || strings.HasPrefix(w, "ب")
	return particle && (strings.HasSuffix(w, "ه") || strings.HasPrefix(r.folded(i+1), "ال"))
}

func (r *reader) canBeName(i int) bool {
	w := r.words[i]
	if text.Stop(w.Folded, r.doc.language) || r.facts.notNames[w.Folded] || r.facts.speech.length(r, i) > 0 {
		return false
	}
	if utf8.RuneCountInString(w.Folded) < 2 || r.doc.language == "ar" && r.isArabicPhrase(i) {
		return false
	}
	_, isNumber := r.number(i)
	_, isPlace := r.facts.places.at(r, i)
	return isNumber == 0 && isPlace == 0
}

// kindRun gives the end of the organisation whose kind stands at word i.
func (r *reader) kindRun(i int) int {
	w := r.folded(i)
	if r.doc.language == "ar" {
		return r.arabicKind(i)
	}
	if !r.facts.orgFirst[w] {
		return i
	}
	j := i + 1
	for j < len(r.words) && j-i < 3 && isBlank(r.between(j)) && r.canBeName(j) {
		j++
		break
	}
	if j == i+1 {
		return i
	}
	return j
}

// arabicKind reads "وزارة الدفاع الباكستانية", "الجيش الوطني الليبي", "شركة النفط": the kind and the
// words with the article that follow, or one word without.
func (r *reader) arabicKind(i int) int {
	w := r.folded(i)
	if !r.facts.orgFirst[w] {
		return i
	}
	j := i + 1
	if n := r.facts.places.length(r, j); n > 0 && strings.HasPrefix(r.folded(j), "ال") && !r.used[j] { // "بنك المغرب"
		return j + n
	}
	for j < len(r.words) && j-i < 4 && isBlank(r.between(j)) && strings.HasPrefix(r.folded(j), "ال") && !text.Stop(r.folded(j), "ar") && !r.used[j] {
		j++
	}
	if j > i+1 {
		return j
	}
	if !strings.HasPrefix(w, "ال") && j < len(r.words) && isBlank(r.between(j)) && !r.used[j] {
		if _, n := r.facts.places.at(r, j); n > 0 {
			return j + n
		}
		if r.canBeName(j) {
			j++
			for n := 0; n < 2 && j < len(r.words) && isBlank(r.between(j)) && strings.HasPrefix(r.folded(j), "ال") && !r.used[j]; n++ {
				j++ // "قوات حرس الحدود"
			}
			return j
		}
	}
	return i
}
