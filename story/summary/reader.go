package summary

import (
	"slices"
)

// extract reads the facts of some words of a text.
func extract(d *document, src string, words []word) *Facts {
	r := reader{facts: factLists.get(d.language), doc: d, src: src, words: words, used: make([]bool, len(words))}
	var f Facts
	r.classes(&f)
	r.dates(&f)
	r.amounts(&f)
	r.names(&f)
	return &f
}

// reader walks over the words of a sentence and marks those that a fact has taken.
type reader struct {
	facts *factList
	doc   *document
	src   string
	words []word
	used  []bool
}

// take marks words i to j, j not included, as part of a fact and gives them as the text has them.
func (r *reader) take(i, j int) string {
	for k := i; k < j; k++ {
		r.used[k] = true
	}
	return r.src[r.words[i].Start:r.words[j-1].End]
}

// folded gives word i, "" beyond the ends.
func (r *reader) folded(i int) string {
	if i < 0 || i >= len(r.words) {
		return ""
	}
	return r.words[i].Folded
}

// between gives what stands between word i-1 and word i.
func (r *reader) between(i int) string {
	from, to := 0, len(r.src)
	if i > 0 {
		from = r.words[i-1].End
	} else if len(r.words) > 0 {
		from = max(0, r.words[0].Start-8)
	}
	if i < len(r.words) {
		to = r.words[i].Start
	} else {
		to = min(to, from+8)
	}
	return r.src[from:to]
}

// phrases finds runs of folded words, the longest first.
type phrases[T any] map[string][]phrase[T]

type phrase[T any] struct {
	words []string
	value T
}

func (p phrases[T]) add(words []string, value T) {
	if len(words) == 0 {
		return
	}
	p[words[0]] = append(p[words[0]], phrase[T]{words, value})
	slices.SortStableFunc(p[words[0]], func(a, b phrase[T]) int { return len(b.words) - len(a.words) })
}

// at gives the longest phrase that starts at word i, and how many words it has.
func (p phrases[T]) at(r *reader, i int) (value T, n int) {
	for _, ph := range p[r.folded(i)] {
		fits := true
		for k, w := range ph.words {
			if r.folded(i+k) != w {
				fits = false
				break
			}
		}
		if fits {
			return ph.value, len(ph.words)
		}
	}
	return value, 0
}

// run folds "a-b" of a list to the words a and b.
func run(entry string) []string {
	var out []string
	for _, w := range splitWords(replaceHyphens(entry)) {
		out = append(out, w.Folded)
	}
	return out
}
