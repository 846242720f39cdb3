package summary

import (
	"embed"
	"strings"
	"sync"
)

//go:embed boilerplate facts
var data embed.FS

// sections reads a file of word lists: "[name]" opens a section, # starts a remark. It gives the
// lines of each section without blank ones.
func sections(name string) map[string][]string {
	b, err := data.ReadFile(name)
	if err != nil {
		return nil // a language without such a file
	}
	out := map[string][]string{}
	section := ""
	for line := range strings.Lines(string(b)) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = line[1 : len(line)-1]
		default:
			out[section] = append(out[section], line)
		}
	}
	return out
}

// perLanguage loads what is known of a language once, when it is first asked for.
type perLanguage[T any] struct {
	load func(language string) T
	seen sync.Map // language → func() T
}

func (p *perLanguage[T]) get(language string) T {
	once, ok := p.seen.Load(language)
	if !ok {
		once, _ = p.seen.LoadOrStore(language, sync.OnceValue(func() T { return p.load(language) }))
	}
	return once.(func() T)()
}
