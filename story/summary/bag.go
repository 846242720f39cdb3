package summary

import (
	"math/bits"
	"slices"
)

// bag is the set of a sentence's content words.
type bag struct {
	stems []string
	mask  uint64 // one bit for each word, to tell in no time that two are unlike
}

func newBag(words []word) bag {
	b := bag{stems: stems(words)}
	for _, s := range b.stems {
		h := uint64(14695981039346656037)
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		b.mask |= 1 << (h >> 58)
	}
	return b
}

func (b bag) repeats(o bag) bool {
	if len(b.stems) == 0 || 4*min(len(b.stems), len(o.stems)) < 3*max(len(b.stems), len(o.stems)) {
		return false
	}
	if bits.OnesCount64(b.mask^o.mask)*2 > len(b.stems)+len(o.stems) {
		return false
	}
	return jaccard(b.stems, o.stems) > likeBefore
}

// stems gives the content words in order, each once.
func stems(words []word) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		if w.stem != "" {
			out = append(out, w.stem)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// jaccard gives the share of words that two sorted sets have in common.
func jaccard(a, b []string) float64 {
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			common, i, j = common+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	if union := len(a) + len(b) - common; union > 0 {
		return float64(common) / float64(union)
	}
	return 0
}
