package text

import "hash/maphash"

// Analyzer cuts texts into words and knows the forms of the words that it met before, so that
// folding and stemming cost nothing in the long run. One goroutine uses it at a time. The zero
// value is ready.
type Analyzer struct {
	forms []Form
	slots []slot // open addressing, a power of two
	epoch uint32
}

type slot struct {
	hash uint64
	form int32 // index+1; 0 is free
}

// Token is one word of a text.
type Token struct {
	Start, End int32 // byte offsets into the text as given
	Form       int32 // see Analyzer.Form
}

// maxForms bounds what an Analyzer remembers, to about 5 MB.
const maxForms = 1 << 15

// Reset is to be called before a text whose tokens are not used together with earlier ones. It
// forgets forms when there are too many: after that, earlier numbers of forms mean nothing, and
// Epoch is another.
func (a *Analyzer) Reset() {
	if len(a.forms) >= maxForms {
		a.Forget()
	}
}

// Forget forgets all forms, and begins another epoch.
func (a *Analyzer) Forget() {
	a.forms, a.slots = nil, nil
	a.epoch++
}

// Epoch changes when the numbers of forms begin anew.
func (a *Analyzer) Epoch() uint32 { return a.epoch }

// Form gives the form with the number. It is valid until Reset.
func (a *Analyzer) Form(i int32) *Form { return &a.forms[i] }

// Forms says how many forms there are: their numbers are below.
func (a *Analyzer) Forms() int { return len(a.forms) }

// Append adds the words of s, a text with this inflection, to dst.
func (a *Analyzer) Append(dst []Token, s string, in Inflection) []Token {
	return a.AppendPart(dst, s, 0, len(s), in)
}

// AppendPart is Append for s[from:to]; offsets count from the beginning of s. What lies beyond
// 2 GiB is left out.
func (a *Analyzer) AppendPart(dst []Token, s string, from, to int, in Inflection) []Token {
	sc := scanner{s: s[:min(to, 1<<31-1)], pos: from}
	for {
		start, end, ok := sc.next()
		if !ok {
			return dst
		}
		dst = append(dst, Token{int32(start), int32(end), a.form(s[start:end], in)})
	}
}

// form gives the number of the form of a word, which is worked out once.
func (a *Analyzer) form(word string, in Inflection) int32 {
	h := maphash.String(seed, word) + uint64(in)*0x9e3779b97f4a7c15
	if mask := uint64(len(a.slots) - 1); len(a.slots) > 0 {
		for i := h & mask; a.slots[i].form != 0; i = (i + 1) & mask {
			if a.slots[i].hash == h {
				return a.slots[i].form - 1
			}
		}
	}
	if len(a.forms)*2 >= len(a.slots) {
		a.grow()
	}
	a.forms = append(a.forms, newForm(word, in))
	a.insert(slot{h, int32(len(a.forms))})
	return int32(len(a.forms) - 1)
}

func (a *Analyzer) grow() {
	old := a.slots
	a.slots = make([]slot, max(1024, 2*len(old)))
	for _, s := range old {
		if s.form != 0 {
			a.insert(s)
		}
	}
}

func (a *Analyzer) insert(s slot) {
	mask := uint64(len(a.slots) - 1)
	i := s.hash & mask
	for a.slots[i].form != 0 {
		i = (i + 1) & mask
	}
	a.slots[i] = s
}
