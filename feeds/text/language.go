package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// languageSample is how many letters of a text are looked at: the first fifty words tell.
const languageSample = 300

// Language guesses the language of a text, a bare headline included, from its script, its letters
// and its commonest words. hint is the BCP 47 tag that the feed or the page claims, or "": it wins
// where the text does not tell, and its region is kept where the text agrees. The result is "" when
// neither tells. It costs a few microseconds and takes no memory.
func Language(s, hint string) string {
	hinted, _, _ := strings.Cut(strings.ToLower(hint), "-")
	guess := guessLanguage(s, hinted)
	switch {
	case guess == hinted:
		return hint
	case guess == "":
		return hint
	}
	return guess
}

// script is a writing system, as far as it matters for telling languages apart.
type script uint8

const (
	noScript script = iota
	latinScript
	cyrillicScript
	arabicScript
	hanScript
	kanaScript
	hangulScript
	firstOfOne // the scripts from here on have one language by which they are guessed
)

// scriptsOfOne are the scripts of one widely read language each, with the others that use them.
var scriptsOfOne = []struct {
	table    *unicode.RangeTable
	language string
	others   string
}{
	{unicode.Greek, "el", ""},
	{unicode.Hebrew, "he", "yi"},
	{unicode.Devanagari, "hi", "mr ne sa"},
	{unicode.Bengali, "bn", "as"},
	{unicode.Thai, "th", ""},
	{unicode.Georgian, "ka", ""},
	{unicode.Armenian, "hy", ""},
	{unicode.Gurmukhi, "pa", ""},
	{unicode.Gujarati, "gu", ""},
	{unicode.Tamil, "ta", ""},
	{unicode.Telugu, "te", ""},
	{unicode.Kannada, "kn", ""},
	{unicode.Malayalam, "ml", ""},
	{unicode.Sinhala, "si", ""},
	{unicode.Myanmar, "my", ""},
	{unicode.Khmer, "km", ""},
	{unicode.Lao, "lo", ""},
	{unicode.Ethiopic, "am", "ti"},
	{unicode.Tibetan, "bo", "dz"},
}

func scriptOf(r rune) script {
	switch {
	case r < 0x250:
		return latinScript
	case r >= 0x400 && r < 0x530:
		return cyrillicScript
	case r >= 0x600 && r < 0x780, r >= 0xFB50 && r < 0xFE00, r >= 0xFE70 && r < 0xFEFF:
		return arabicScript
	case r >= 0x1E00 && r < 0x1F00:
		return latinScript
	case unicode.Is(unicode.Han, r):
		return hanScript
	case r >= 0x3040 && r < 0x3100, r >= 0x31F0 && r < 0x3200:
		return kanaScript
	case r >= 0xAC00 && r < 0xD7B0, r >= 0x1100 && r < 0x1200:
		return hangulScript
	}
	for i := range scriptsOfOne {
		if unicode.Is(scriptsOfOne[i].table, r) {
			return firstOfOne + script(i)
		}
	}
	return noScript
}

func guessLanguage(s, hinted string) string {
	var counts [int(firstOfOne) + 32]int
	letters := 0
	for i, r := range s {
		if r < 'A' || !unicode.IsLetter(r) {
			continue
		}
		counts[scriptOf(r)]++
		if letters++; letters == languageSample {
			s = s[:i+utf8.RuneLen(r)]
			break
		}
	}
	counts[latinScript] = (counts[latinScript] + 1) / 2 // names and brands stand in it in every language
	counts[hanScript] *= 4                              // one sign is a word
	best := noScript
	for sc := latinScript; int(sc) < len(counts); sc++ {
		if counts[sc] > counts[best] {
			best = sc
		}
	}
	switch best {
	case noScript:
		return ""
	case latinScript:
		return latinModel().guess(s, hinted)
	case cyrillicScript:
		return cyrillicModel().guess(s, hinted)
	case arabicScript:
		return arabicModel().guess(s, hinted)
	case hangulScript:
		return "ko"
	case hanScript, kanaScript:
		if counts[kanaScript]*40 >= counts[hanScript] && counts[kanaScript] > 0 || hinted == "ja" {
			return "ja"
		}
		return "zh"
	}
	of := scriptsOfOne[best-firstOfOne]
	if hinted != "" && strings.Contains(of.others, hinted) {
		return hinted
	}
	return of.language
}

// model tells the languages of one script apart.
type model struct {
	languages []string
	words     map[string][]vote
	letters   map[rune][]vote
	endings   map[string][]vote
	standard  string // the language of a text of some words without any sign
	ascii     bool   // the standard language is spelt in ASCII
}

// vote is what one sign is worth for one language.
type vote struct {
	language int
	weight   float32
}

// What a sign is worth. A hint is worth a bit more than one common word: feeds claim to be English
// because their template does.
const (
	wordWeight   = 1.0
	letterWeight = .8
	endingWeight = .3
	hintWeight   = 1.2

	// The language of most of the world's feeds is likelier than the others, but not for a word
	// with letters that it does not have.
	standardWeight = .3
	foreignWeight  = -.4
	smallWeight    = -.2
)

var (
	latinModel    = sync.OnceValue(func() *model { return newModel("en", latinWords, latinLetters, latinEndings) })
	arabicModel   = sync.OnceValue(func() *model { return newModel("ar", arabicWords, arabicLetters, nil) })
	cyrillicModel = sync.OnceValue(func() *model { return newModel("ru", cyrillicWords, cyrillicLetters, nil) })
)

func newModel(standard string, words, letters, endings map[string]string) *model {
	m := &model{standard: standard, ascii: standard == "en", words: make(map[string][]vote), letters: make(map[rune][]vote), endings: make(map[string][]vote)}
	index := func(language string) int {
		for i, l := range m.languages {
			if l == language {
				return i
			}
		}
		m.languages = append(m.languages, language)
		return len(m.languages) - 1
	}
	for language, list := range words {
		seen := make(map[string]bool)
		for _, w := range strings.Fields(list) {
			if !seen[w] {
				seen[w] = true
				m.words[w] = append(m.words[w], vote{index(language), wordWeight})
			}
		}
	}
	for language, list := range letters {
		for _, r := range list {
			m.letters[r] = append(m.letters[r], vote{index(language), letterWeight})
		}
	}
	for language, list := range endings {
		for _, e := range strings.Fields(list) {
			m.endings[e] = append(m.endings[e], vote{index(language), endingWeight})
		}
	}
	share(m.words)
	share(m.letters)
	share(m.endings)
	return m
}

// share makes a sign that several languages have worth less for each.
func share[K comparable](signs map[K][]vote) {
	for _, votes := range signs {
		for i := range votes {
			votes[i].weight /= float32(1+len(votes)) / 2
		}
	}
}

// fewWords is how many words without any sign of a language a name may have: "Benghazi, Tripoli".
const fewWords = 4

func (m *model) guess(s, hinted string) string {
	t := tally{model: m}
	for _, r := range s {
		t.add(r)
	}
	t.endWord()
	if t.words == 0 {
		return ""
	}
	return t.best(hinted)
}

// maxWordBytes is the length of the longest word that is looked up; longer ones are seen by their
// letters and endings.
const maxWordBytes = 64

// tally counts the signs of one text.
type tally struct {
	*model
	score   [40]float32 // by language
	word    [maxWordBytes + utf8.UTFMax]byte
	n       int  // bytes of word
	high    bool // the word has letters beyond ASCII
	words   int
	foreign int // words with letters beyond ASCII
}

func (t *tally) add(r rune) {
	switch {
	case r == '\'', r == '’':
		inside := t.n > 0
		t.endWord()
		if inside {
			t.word[0], t.n = '\'', 1
		}
		return
	case !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r):
		t.endWord()
		return
	case r == 'İ': // its small form is a common i
		t.count(t.letters['ı'])
	}
	r = unicode.ToLower(r)
	if r >= utf8.RuneSelf {
		t.high = true
		t.count(t.letters[r])
	}
	if t.n < maxWordBytes {
		t.n += utf8.EncodeRune(t.word[t.n:], r)
	}
}

func (t *tally) count(votes []vote) {
	for _, v := range votes {
		t.score[v.language] += v.weight
	}
}

// endWord counts the word that has just ended: itself, what stands behind its apostrophe, or the
// longest ending that is known.
func (t *tally) endWord() {
	word := t.word[:min(t.n, maxWordBytes)]
	t.n = 0
	if len(word) == 0 || string(word) == "'" {
		return
	}
	t.words++
	if t.high {
		t.foreign++
	}
	t.high = false
	votes, ok := t.model.words[string(word)]
	if !ok && word[0] == '\'' {
		word = word[1:]
		votes, ok = t.model.words[string(word)]
	}
	for size := min(6, len(word)-2); !ok && size >= 2 && len(t.endings) > 0; size-- {
		votes, ok = t.endings[string(word[len(word)-size:])]
	}
	t.count(votes)
}

func (t *tally) best(hinted string) string {
	best := -1
	for i, language := range t.languages {
		switch {
		case language == t.standard:
			t.score[i] += standardWeight
			if t.ascii {
				t.score[i] += foreignWeight * float32(t.foreign)
			}
		case strings.Contains(smallLanguages, language):
			t.score[i] += smallWeight
		}
		if language == hinted {
			t.score[i] += hintWeight
		}
		if best < 0 || t.score[i] > t.score[best] || t.score[i] == t.score[best] && language < t.languages[best] {
			best = i
		}
	}
	if t.score[best] <= standardWeight && t.words < fewWords { // no sign at all
		return hinted
	}
	return t.languages[best]
}
