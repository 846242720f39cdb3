package text

// Word is one word of a text: something with at least one letter or digit in it.
type Word struct {
	Start, End int    // byte offsets into the text as given
	Folded     string // the word as Fold gives it, without a possessive: "libya" for Libya's
}

// Words gives the words of s in order, by the word boundaries of Unicode (UAX 29) tailored to
// news: arms-deal is two words, U.S. is the word "us", l'Arabie is "arabie". What is longer than
// 256 bytes is no word.
func Words(s string) []Word {
	var out []Word
	sc := scanner{s: s}
	for {
		start, end, ok := sc.next()
		if !ok {
			return out
		}
		if end-start > maxWord {
			continue
		}
		if f := Fold(bareWord(s[start:end], AnyInflection)); f != "" {
			out = append(out, Word{start, end, f})
		}
	}
}

// HasWord says whether there is a word in s.
func HasWord(s string) bool {
	sc := scanner{s: s}
	_, _, ok := sc.next()
	return ok
}

// Cut gives the words of s as they stand there, an elided article aside.
func Cut(s string) []string {
	var out []string
	sc := scanner{s: s}
	for {
		start, end, ok := sc.next()
		if !ok {
			return out
		}
		out = append(out, s[start:end])
	}
}
