package text

import (
	"embed"
	"path"
	"strings"
	"sync"
)

// Lists of words, one file a language: whitespace between words, # to the end of a line is a
// remark. Another language is another file.
//
//go:embed data
var data embed.FS

var stopWords = sync.OnceValue(func() map[string]map[string]bool { return wordLists("data/stop", Fold) })

// Stop tells whether a folded word is a stop word of the language with the given BCP 47 tag: one
// that says nothing about what a text is about. A language without a list has none.
func Stop(word, language string) bool {
	return stopWords()[base(language)][word]
}

// StopLanguages gives the languages that have a list of stop words, in no order.
func StopLanguages() []string {
	var out []string
	for l := range stopWords() {
		out = append(out, l)
	}
	return out
}

// base is the language of a BCP 47 tag, without script, region or variant.
func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(b)
}

// wordLists reads the lists in a folder of data, one for each language.
func wordLists(dir string, form func(string) string) map[string]map[string]bool {
	files, err := data.ReadDir(dir)
	if err != nil {
		panic(err) // the folder is part of the program
	}
	out := map[string]map[string]bool{}
	for _, f := range files {
		b, err := data.ReadFile(path.Join(dir, f.Name()))
		if err != nil {
			panic(err)
		}
		set := map[string]bool{}
		for line := range strings.Lines(string(b)) {
			line, _, _ = strings.Cut(line, "#")
			for _, w := range strings.Fields(line) {
				set[form(w)] = true
			}
		}
		out[strings.TrimSuffix(f.Name(), ".txt")] = set
	}
	return out
}
