package text

import (
	"hash/maphash"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Form is a word as it stands in a text, with the keys by which the word of a query finds it.
// Keys are hashes with a seed of this process: compare them, do not keep them.
type Form struct {
	Folded     string // without a possessive
	Inflection Inflection
	Fold       uint64   // the key of Folded
	Cased      uint64   // the key of the word in its own capitals
	Stem       uint64   // the key of its stem, in its inflection
	More       []uint64 // further keys in its inflection: without clitics, without particles
}

// Hash gives the key of a folded word.
func Hash(s string) uint64 { return maphash.String(seed, s) }

var seed = maphash.MakeSeed()

// maxWord is the longest word, in bytes, that is looked into. Longer ones are not words; they are
// equal when their bytes are.
const maxWord = 256

// newForm works out what there is to know of a word that stands in a text with these rules.
func newForm(surface string, in Inflection) Form {
	if len(surface) > maxWord {
		h := Hash(surface)
		return Form{Folded: "…", Fold: h, Cased: h, Stem: h}
	}
	bare := bareWord(surface, in)
	in = in.of(bare)
	f := Form{Inflection: in, Folded: strings.Clone(Fold(bare))}
	f.Fold, f.Cased = Hash(f.Folded), Hash(cased(bare))
	f.Stem = f.Fold
	switch {
	case in == Korean:
		for _, v := range withoutParticles(f.Folded) {
			f.More = append(f.More, Hash(v))
		}
	case stemmers[in] != nil:
		f.Stem = Hash(Fold(stem(lower(bare, in), in)))
	}
	if in == Arabic {
		for _, v := range withoutClitics(f.Folded) {
			f.More = append(f.More, Hash(v))
		}
	}
	return f
}

// Probe is a word of a query: the keys by which it finds the forms of texts in any language.
type Probe struct {
	Folded    string
	Fold      uint64
	Cased     uint64
	Inflected [NumInflections][]uint64 // meets Stem and More of a form of that inflection
}

// NewProbe works out the keys of one word, as Words cuts it, of a query.
func NewProbe(word string) Probe {
	if len(word) > maxWord {
		h := Hash(word)
		return Probe{Folded: "…", Fold: h, Cased: h}
	}
	bare := bareWord(word, AnyInflection)
	folded := Fold(bare)
	p := Probe{Folded: folded, Fold: Hash(folded), Cased: Hash(cased(bare))}
	for in := English; in < NumInflections; in++ {
		if in != Inflection(in).of(bare) {
			continue // another script
		}
		keys := []uint64{p.Fold} // the stem of a form may be this very word
		if s := Fold(stem(lower(bare, in), in)); s != folded && tells(s, folded, in) {
			keys = append(keys, Hash(s))
		}
		if turkish := bareWord(word, Turkish); in == Turkish && turkish != bare {
			keys = append(keys, Hash(Fold(stem(lower(turkish, in), in))))
		}
		if in == Arabic {
			if rest, ok := strings.CutPrefix(folded, "ال"); ok && utf8.RuneCountInString(rest) >= 3 {
				keys = append(keys, Hash(rest))
			}
		}
		p.Inflected[in] = keys
	}
	return p
}

// tells says whether a stem is long enough to stand for the word of a query. Stemmers cut names to
// everyday words of three letters and less: Mali to the French mal, Butan to the Turkish bu. A
// plural may be short (arms, arm); Russian endings have few letters, and Arabic words three.
func tells(stem, word string, in Inflection) bool {
	least := 4
	if in == Russian || in == Arabic {
		least = 3
	}
	return utf8.RuneCountInString(stem) >= least || len(stem) > 1 && (in == English || in == French || in == Spanish || in == German) && word == stem+"s"
}

// Matches says whether the form is the word of the query in any of its forms.
func (p *Probe) Matches(f *Form) bool {
	if f.Fold == p.Fold {
		return true
	}
	for _, k := range p.Inflected[f.Inflection] {
		if k == f.Stem {
			return true
		}
		for _, m := range f.More {
			if k == m {
				return true
			}
		}
	}
	return false
}

// bareWord takes from a word what is written onto it with an apostrophe, and the stops of an
// acronym: Libya's is Libya, Türkiye'nin is Türkiye, U.S. is US, O'Brien is OBrien.
func bareWord(s string, in Inflection) string {
	if strings.IndexByte(s, '.') > 0 && !strings.ContainsAny(s, "0123456789") {
		s = strings.ReplaceAll(s, ".", "")
	}
	i := lastApostrophe(s)
	if i < 0 {
		return s
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	stem, suffix := s[:i], Fold(s[i+n:])
	if isSuffix(stem, suffix, in) && HasWord(stem) {
		return bareWord(stem, in)
	}
	return strings.Map(func(r rune) rune {
		if classOf(r) == classApostrophe {
			return -1
		}
		return r
	}, s)
}

func lastApostrophe(s string) int {
	return strings.LastIndexFunc(s, func(r rune) bool { return classOf(r) == classApostrophe })
}

// isSuffix says whether what follows an apostrophe is no part of the word: the endings of English
// and, since Turkish names stand in the texts of any language, those of Turkish. Elsewhere than in
// Turkish a vowel alone is more often part of a name (Sana'a), and so is what follows two letters
// (Sa'da), unless they are capitals or digits.
func isSuffix(word, suffix string, in Inflection) bool {
	switch suffix {
	case "s", "ll", "re", "ve", "d", "m":
		return true
	}
	if in != Turkish && (len(suffix) < 2 || utf8.RuneCountInString(word) < 3 && strings.ToUpper(word) != word) {
		return false
	}
	return turkishSuffix(suffix)
}

// turkishSuffix says whether s, folded, is made of the endings that Turkish writes after the
// apostrophe of a name.
func turkishSuffix(s string) bool {
	if len(s) > 14 {
		return false
	}
	for _, e := range turkishEndings {
		if rest, ok := strings.CutPrefix(s, e); ok && (rest == "" || len(e) > 1 && turkishSuffix(rest)) {
			return true
		}
	}
	return false
}

var turkishEndings = []string{
	"nin", "nun", "in", "un", "yi", "yu", "ni", "nu", "i", "u", "ye", "ya", "ne", "na", "e", "a",
	"nde", "nda", "de", "da", "te", "ta", "nden", "ndan", "den", "dan", "ten", "tan", "ki", "ler", "lar",
	"yle", "yla", "le", "la", "li", "lu", "lik", "luk", "ci", "cu", "ca", "ce", "dir", "dur", "tir", "tur",
	"si", "su", "ydi", "ydu", "mis", "mus",
}

// cased gives the word with its capitals but without marks that cannot be seen.
func cased(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

// withoutClitics gives the folded Arabic word without the one-letter words that are written onto
// it, in every way in which they may be read: و and ف, then ب ل ك, then the article ال. What is
// left has at least three letters. باكستان begins with such a letter and is a name, so the word
// itself always counts as well.
func withoutClitics(w string) []string {
	out := make([]string, 0, 4)
	add := func(v string, least int) {
		if utf8.RuneCountInString(v) >= least {
			out = append(out, v)
		}
	}
	var strip func(v string, conjunction, preposition bool)
	strip = func(v string, conjunction, preposition bool) {
		for _, c := range [...]struct {
			letters string
			yes     bool
		}{{"و", conjunction}, {"ف", conjunction}, {"ب", preposition}, {"ل", preposition}, {"ك", preposition}} {
			rest, ok := strings.CutPrefix(v, c.letters)
			if !ok || !c.yes {
				continue
			}
			add(rest, 3)
			strip(rest, false, preposition && (c.letters == "و" || c.letters == "ف"))
			if c.letters == "ل" { // لل is ل and ال
				if bare, ok := strings.CutPrefix(rest, "ل"); ok {
					add(bare, 3)
				}
			}
		}
		if rest, ok := strings.CutPrefix(v, "ال"); ok {
			add(rest, 3)
		}
	}
	strip(w, true, true)
	return out
}

// withoutParticles gives the Korean word without a particle that is written onto it.
func withoutParticles(w string) []string {
	var out []string
	for _, p := range koreanParticles {
		if rest, ok := strings.CutSuffix(w, p); ok && utf8.RuneCountInString(rest) >= 2 {
			out = append(out, rest)
		}
	}
	return out
}

var koreanParticles = []string{
	"은", "는", "이", "가", "을", "를", "에", "의", "와", "과", "도", "만", "로", "으로", "에서", "에게",
	"부터", "까지", "에는", "에도", "에서는", "이나", "라고", "이라고", "측", "군",
}
