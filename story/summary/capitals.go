package summary

import (
	"strings"
)

// capitalised classes the runs of capitalised words that no list took.
func (r *reader) capitalised(f *Facts) {
	for i := 0; i < len(r.words); {
		j := r.runEnd(i)
		if j == i {
			i++
			continue
		}
		r.classify(f, i, j)
		i = j
	}
}

// runEnd gives the end of the capitalised run that starts at word i, i itself for none.
func (r *reader) runEnd(i int) int {
	if !r.isCapital(i) {
		return r.organisationFrom(i)
	}
	j := i + 1
	for j < len(r.words) && j-i < longestName && r.joined(j-1, j+1) {
		switch {
		case r.isCapital(j) || r.words[j].upper && !r.used[j] && r.between(j) == "-": // "Jean-Noël" is no Christmas
			j++
		case j+1 < len(r.words) && r.isCapital(j+1) && r.joined(j, j+2) && (r.joins(i, j) || r.isParticle(j)):
			j += 2
		case r.facts.joins[r.folded(j)] && j+2 < len(r.words) && r.facts.joins[r.folded(j+1)] && r.isCapital(j+2) && r.joined(j, j+3):
			j += 3
		default:
			return j
		}
	}
	return j
}

// isParticle tells whether word j is a short article before a hyphen: "es-Sudani", "al-Assad".
func (r *reader) isParticle(j int) bool {
	return len(r.folded(j)) <= 3 && r.between(j+1) == "-"
}

// joins tells whether word j may stand inside the name from word i on: "bin" in any name, "of" and
// its like only in that of an organisation.
func (r *reader) joins(i, j int) bool {
	return r.facts.joins[r.folded(j)] || r.facts.orgJoins[r.folded(j)] && (r.facts.orgWords[r.folded(i)] || r.facts.orgWords[r.folded(j-1)])
}

// isCapital tells whether word i may be part of a name: it has a capital and is no stop word, but for
// the "New" of New York and initials.
func (r *reader) isCapital(i int) bool {
	w := r.words[i]
	if !w.upper || r.used[i] || r.facts.notNames[w.Folded] {
		return false
	}
	return w.stem != "" || i > 0 && (len(w.Folded) == 1 || w.Folded == "new")
}

// organisationFrom gives the end of an organisation whose kind leads in lower case: "ministère de
// la Défense", "banque centrale de Libye".
func (r *reader) organisationFrom(i int) int {
	if r.used[i] || !r.facts.orgFirst[r.folded(i)] {
		return i
	}
	j, named := i+1, false
	for j < len(r.words) && j-i < longestName && isBlank(strings.Trim(r.between(j), "'’")) {
		switch {
		case r.words[j].upper:
			named = true
		case r.facts.joins[r.folded(j)] && j+1 < len(r.words):
		default:
			if named {
				return trimJoins(r, i, j)
			}
			if j-i > 1 {
				return i
			}
		}
		j++
	}
	if !named {
		return i
	}
	return trimJoins(r, i, j)
}

func trimJoins(r *reader, i, j int) int {
	for j > i && !r.words[j-1].upper {
		j--
	}
	return j
}

func (r *reader) startsOrganisation(i int) bool {
	return usesCapitals(r.doc.language) && r.facts.orgFirst[r.folded(i)] && r.organisationFrom(i) > i
}

// classify decides what the capitalised run of words i to j names.
func (r *reader) classify(f *Facts, i, j int) {
	titled := r.titleBefore(i)
	for k := i; k < j; { // "President Erdogan", "Enerji Bakanı Hilmi Güler"
		n := r.facts.titles.length(r, k)
		if n > 0 && k+n < j {
			i, titled = k+n, true
		}
		k += max(n, 1)
	}
	if r.isOffice(i, j) || j-i == 1 && len(r.folded(i)) == 1 {
		return // "the Chief Superintendent", "I"
	}
	if i == 0 && j == 1 && !r.facts.given[r.folded(0)] {
		return // the first word of a sentence has a capital anyway
	}
	if j-i == 1 && (r.facts.orgWords[r.folded(i)] || r.facts.orgFirst[r.folded(i)]) {
		return // "the Bank", "le Conseil": of itself it names nothing
	}
	name := r.name(i, j)
	switch {
	case r.isOrganisation(i, j):
		f.Organisations = addNames(f.Organisations, []Name{name})
	case titled || r.isPerson(i, j):
		f.People = addPeople(f.People, []Name{name})
	case j-i <= 2 && (r.placeBefore(i) && !shouts(name.Text) || r.locative(j) || r.facts.placeAfter[r.folded(j)]):
		f.Places = addNames(f.Places, []Name{name})
	default:
		f.Others = addNames(f.Others, []Name{name})
	}
}

// isOffice tells whether a run is a title without a name: it ends in one.
func (r *reader) isOffice(i, j int) bool {
	for k := i; k < j; k++ {
		if n := r.facts.titles.length(r, k); n > 0 && k+n == j {
			return true
		}
	}
	return false
}

func (r *reader) isOrganisation(i, j int) bool {
	for k := i; k < j; k++ {
		if r.facts.orgWords[r.folded(k)] || r.facts.orgFirst[r.folded(k)] {
			return true
		}
	}
	w := r.src[r.words[i].Start:r.words[i].End]
	return j == i+1 && len(w) >= 2 && len(w) <= 6 && shouts(w) && !r.isShouted() && (r.said(j) || r.said(i-1))
}

// isPerson tells by a given name, a word of saying, or an age that a run names a person.
func (r *reader) isPerson(i, j int) bool {
	if r.facts.given[r.folded(i)] && j-i <= 4 {
		return j-i > 1 || r.said(j) || i > 0
	}
	if j-i > 4 {
		return false
	}
	if r.said(j) || r.said(i-1) && j-i > 1 {
		return true
	}
	if j < len(r.words) && strings.HasPrefix(r.between(j), ", ") && j-i > 1 { // "John Folda, 57,"
		age, n := r.number(j)
		return n == 1 && age >= 5 && age <= 110 && !strings.HasPrefix(r.between(j+1), " ")
	}
	return false
}

// said tells whether a word of saying stands at word i or after one word more.
func (r *reader) said(i int) bool {
	return i >= 0 && r.facts.speech.length(r, i) > 0
}

// titleBefore tells whether a title stands before word i: "President", "le général", "the prime
// minister of the eastern administration, Osama Hamad".
func (r *reader) titleBefore(i int) bool {
	if i > 1 && r.between(i) == ", " {
		for k := i - 1; k >= 0 && k > i-9; k-- {
			if n := r.facts.titles.length(r, k); n > 0 {
				return k+n >= i || !r.words[k+n].upper // else the name has been given: "Minister Dar, Lahore"
			}
			if !isBlank(strings.Trim(r.between(k), "'’-")) {
				break
			}
		}
		return false
	}
	for n := 1; n <= 4 && i-n >= 0; n++ {
		if strings.ContainsAny(r.between(i-n+1), ",;:()") {
			return false
		}
		if r.facts.titles.length(r, i-n) == n {
			return true
		}
	}
	return false
}

// placeBefore tells whether the words before word i say that a place follows: "in", "région de".
func (r *reader) placeBefore(i int) bool {
	for n := 1; n <= 4 && i-n >= 0; n++ {
		if r.facts.inPlace.length(r, i-n) == n && r.joined(i-n, i+1) {
			return true
		}
	}
	return false
}

// locative tells by the ending after the apostrophe that a Turkish name is a place: "Derne'de".
func (r *reader) locative(j int) bool {
	if r.doc.language != "tr" || j >= len(r.words) || !strings.ContainsAny(r.between(j), "'’") {
		return false
	}
	switch r.folded(j) {
	case "de", "da", "te", "ta", "deki", "daki", "teki", "taki":
		return true
	}
	return false
}
