package rules

import "strings"

// forms gives the forms in which a word of a country stands in texts of its language, each a query
// of its own: the forms themselves rather than a stem, because stemmers cut names to everyday words
// of other languages (Butan to the Turkish bu, بنين to the Arabic بين). Phrases and what is written
// as a query stay as they are, and Russian is left to its stemmer: names have many cases there, and
// nothing else is written in its letters.
func forms(word, lang string, demonym bool) []string {
	switch {
	case strings.ContainsAny(word[:1], `^=("`):
		return []string{word}
	case strings.ContainsAny(word, " -'’."):
		return []string{`"` + word + `"`}
	case lang == "ru":
		return []string{word}
	}
	bare := []string{word}
	add := func(endings ...string) {
		for _, e := range endings {
			bare = append(bare, word+e)
		}
	}
	switch {
	case lang == "ar":
		return exact(arabicForms(word, demonym))
	case lang == "de" && !demonym:
		add("s")
	case !demonym:
	case lang == "de" && strings.HasSuffix(word, "e"): // Türke
		add("n")
	case lang == "de" && strings.HasSuffix(word, "sch"):
		add("e", "er", "en", "es", "em")
	case lang == "de":
		add("n", "s", "in", "innen")
	case lang == "tr" && strings.ContainsRune("aıou", lastVowel(word)):
		add("lar", "ların", "lara", "ları", "lardan", "larla")
	case lang == "tr":
		add("ler", "lerin", "lere", "leri", "lerden", "lerle")
	case lang == "ur":
		add("وں")
	case lang == "es" && strings.HasSuffix(word, "í"):
		add("es", "s")
	case lang == "es" && strings.HasSuffix(word, "és"):
		bare = append(bare, strings.TrimSuffix(word, "és")+"eses")
	case lang == "es" && strings.HasSuffix(word, "án"):
		bare = append(bare, strings.TrimSuffix(word, "án")+"anes")
	case !strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ese"): // en, fr, es
		add("s")
	}
	return exact(bare)
}

func exact(words []string) []string {
	for i, w := range words {
		words[i] = "=" + w
	}
	return words
}

// lastVowel decides which endings a Turkish word takes.
func lastVowel(word string) (last rune) {
	for _, r := range strings.ToLower(word) {
		if strings.ContainsRune("aeıioöuü", r) {
			last = r
		}
	}
	return last
}

// arabicForms gives a word with what Arabic writes onto it: and, so, in, to, as, and the article; of
// a demonym also its plurals.
func arabicForms(word string, demonym bool) (forms []string) {
	stem, hasArticle := strings.CutPrefix(word, "ال")
	stems := []string{stem}
	if demonym {
		if masculine, ok := strings.CutSuffix(stem, "ي"); ok {
			stems = append(stems, masculine+"يون", masculine+"يين", masculine+"ييون")
		} else if feminine, ok := strings.CutSuffix(stem, "ية"); ok {
			stems = append(stems, feminine+"يات")
		}
	}
	for _, s := range stems {
		if hasArticle || demonym {
			for _, p := range []string{"ال", "وال", "فال", "بال", "كال", "وبال", "لل", "ولل"} {
				forms = append(forms, p+s)
			}
		}
		if !hasArticle {
			for _, p := range []string{"", "و", "ف", "ب", "ل", "ك", "وب", "ول"} {
				forms = append(forms, p+s)
			}
		}
	}
	return forms
}
