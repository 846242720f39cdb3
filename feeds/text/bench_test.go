package text

import (
	"strings"
	"testing"
)

const wire = "ISLAMABAD: Pakistan has agreed to sell JF-17 jets to Libya’s eastern forces, officials said on Monday. The U.S. was not told. " +
	"The arms deals, worth more than $4.6 billion, were signed in Benghazi by Saddam Hifter and by the chief of the army staff, who called them historic. "

// plainSplit is what the cost of Analyzer is compared with: ASCII letters made lower case, cut at
// everything else.
func plainSplit(dst []string, s string) []string {
	s = strings.ToLower(s)
	start := -1
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			if start < 0 {
				start = i
			}
		} else if start >= 0 {
			dst = append(dst, s[start:i])
			start = -1
		}
	}
	if start >= 0 {
		dst = append(dst, s[start:])
	}
	return dst
}

func BenchmarkAnalyzer(b *testing.B) {
	s := strings.Repeat(wire, 3)
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(int64(len(s)))
		var words []string
		for b.Loop() {
			words = plainSplit(words[:0], s)
		}
	})
	b.Run("analyzer", func(b *testing.B) {
		b.SetBytes(int64(len(s)))
		var a Analyzer
		var tokens []Token
		for b.Loop() {
			tokens = a.Append(tokens[:0], s, English)
		}
	})
	ar := strings.Repeat("أعلنت باكستان اليوم عن صفقة أسلحة مع ليبيا بقيمة أربعة مليارات دولار، وقالت مصادر في بنغازي إن حفتر وقعها. ", 6)
	b.Run("arabic", func(b *testing.B) {
		b.SetBytes(int64(len(ar)))
		var a Analyzer
		var tokens []Token
		for b.Loop() {
			tokens = a.Append(tokens[:0], ar, Arabic)
		}
	})
	b.Run("words", func(b *testing.B) {
		b.SetBytes(int64(len(s)))
		for b.Loop() {
			Words(s)
		}
	})
}
