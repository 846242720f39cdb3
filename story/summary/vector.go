package summary

import (
	"math"
	"slices"
)

// weight is one entry of a sparse vector.
type weight struct {
	term  int
	value float64
}

// weigh gives every sentence its vector of tf·idf over its document.
func weigh(d *document, opt Options) {
	numbers, names := map[string]int{}, []string{}
	var holding []int // sentences that hold each term
	for _, s := range d.sentences {
		counts := map[int]int{}
		s.terms = s.terms[:0]
		for _, w := range s.words {
			if w.stem == "" {
				continue
			}
			n, ok := numbers[w.stem]
			if !ok {
				n = len(names)
				numbers[w.stem] = n
				names, holding = append(names, w.stem), append(holding, 0)
			}
			if counts[n]++; counts[n] == 1 {
				s.terms = append(s.terms, n)
				holding[n]++
			}
		}
		slices.Sort(s.terms)
		s.vector = make([]weight, len(s.terms))
		for i, n := range s.terms {
			s.vector[i] = weight{n, 1 + math.Log(float64(counts[n]))}
		}
	}
	idf := make([]float64, len(names))
	for n, name := range names {
		if opt.IDF != nil {
			idf[n] = max(opt.IDF(name, d.language), 0)
			continue
		}
		idf[n] = math.Log(1 + float64(len(d.sentences))/float64(holding[n]))
	}
	for _, s := range d.sentences {
		norm := 0.0
		for i := range s.vector {
			s.vector[i].value *= idf[s.vector[i].term]
			norm += s.vector[i].value * s.vector[i].value
		}
		if norm = math.Sqrt(norm); norm > 0 {
			for i := range s.vector {
				s.vector[i].value /= norm
			}
		}
	}
}

// centrality gives for each sentence the sum of its cosines to all later ones, the greatest being
// 1, and its cosine to the sum of all. Both need one pass each, since a sum of cosines of unit
// vectors is the cosine with their sum.
func centrality(sentences []*sentence) (forward, central []float64) {
	terms := 0
	for _, s := range sentences {
		if n := len(s.terms); n > 0 {
			terms = max(terms, s.terms[n-1]+1)
		}
	}
	sum := make([]float64, terms)
	forward, central = make([]float64, len(sentences)), make([]float64, len(sentences))
	top := 0.0
	for i := len(sentences) - 1; i >= 0; i-- {
		for _, w := range sentences[i].vector {
			forward[i] += w.value * sum[w.term]
		}
		for _, w := range sentences[i].vector {
			sum[w.term] += w.value
		}
		top = max(top, forward[i])
	}
	norm := 0.0
	for _, v := range sum {
		norm += v * v
	}
	norm = math.Sqrt(norm)
	for i, s := range sentences {
		if top > 0 {
			forward[i] /= top
		}
		for _, w := range s.vector {
			central[i] += w.value * sum[w.term] / norm
		}
	}
	return forward, central
}

func cosine(a, b []weight) float64 {
	sum := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].term == b[j].term:
			sum += a[i].value * b[j].value
			i++
			j++
		case a[i].term < b[j].term:
			i++
		default:
			j++
		}
	}
	return sum
}
