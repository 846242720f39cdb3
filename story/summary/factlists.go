package summary

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// factList is what facts/xx.txt says of a language; facts/en.txt explains its sections.
type factList struct {
	scale         phrases[float64]
	suffix        map[string]float64 // scales as letters after digits: "4bn"
	numbers       phrases[float64]
	currency      phrases[string]
	before        map[string]bool // currency words that stand before the number
	filler        map[string]bool
	percent       phrases[bool]
	percentBefore map[string]bool
	counted       map[string]string
	and           map[string]bool

	months, weekdays, relative phrases[int]
	next, last, dateFiller     map[string]bool
	monthFirst                 bool // "December 22"

	titles, speech phrases[bool]
	given          map[string]bool
	joins          map[string]bool // inside a name: "bin", "de"
	orgJoins       map[string]bool // inside the name of an organisation: "of"
	orgWords       map[string]bool
	orgFirst       map[string]bool // an organisation's kind that leads its name: "ministère de la Défense"
	organisations  phrases[bool]
	ignore         phrases[bool]   // what looks like a name and is none
	places         phrases[string] // to the name's key, so that spellings of one place are one
	notNames       map[string]bool
	negations      map[string]bool
	postpositions  map[string]bool // behind a name, in languages without capitals
	classes        []class         // by name
	inPlace        phrases[bool]   // words before the name of a place
	placeAfter     map[string]bool // words after one
}

// class is a list of things to name: weapons.
type class struct {
	name string
	list phrases[bool]
}

var factLists = &perLanguage[*factList]{load: loadFacts}

func loadFacts(language string) *factList {
	s := sections("facts/" + language + ".txt")
	shared := sections("facts/names.txt")
	both := func(section string) []string { return append(shared[section], s[section]...) }
	f := &factList{
		scale:         values(s["scale"]),
		suffix:        map[string]float64{},
		numbers:       values(s["numbers"]),
		currency:      phrases[string]{},
		before:        set(s["currency before"]),
		filler:        set(s["filler"]),
		percent:       list(s["percent"]),
		percentBefore: set(s["percent before"]),
		counted:       map[string]string{},
		and:           set(s["and"]),
		months:        numbered(s["months"]),
		weekdays:      numbered(s["weekdays"]),
		relative:      numbered(s["relative"]),
		next:          set(s["next"]),
		last:          set(s["last"]),
		dateFiller:    set(s["date filler"]),
		monthFirst:    len(s["month first"]) > 0,
		titles:        list(s["titles"]),
		speech:        list(s["speech"]),
		given:         set(both("given")),
		joins:         set(both("joins")),
		orgJoins:      set(s["organisation joins"]),
		orgWords:      set(s["organisation words"]),
		orgFirst:      set(s["organisation first"]),
		organisations: list(both("organisations")),
		ignore:        list(s["ignore"]),
		places:        phrases[string]{},
		inPlace:       list(s["in"]),
		placeAfter:    set(s["place after"]),
		notNames:      set(s["not names"]),
		postpositions: set(s["postpositions"]),
		negations:     set(s["negations"]),
	}
	for _, line := range s["scale"] {
		fields := strings.Fields(line)
		for _, w := range fields[1:] {
			if value, err := strconv.ParseFloat(fields[0], 64); err == nil {
				f.suffix[text.Fold(w)] = value
			}
		}
	}
	for _, line := range both("currency") {
		fields := strings.Fields(line)
		for _, w := range fields {
			f.currency.add(run(w), fields[0])
		}
		f.before[strings.ToLower(fields[0])] = true
	}
	f.addPlaces(both("places"))
	f.addCountries(language)
	for name, lines := range shared {
		f.addClass(name, lines)
	}
	for name, lines := range s {
		f.addClass(name, lines)
		if class, ok := strings.CutPrefix(name, "count:"); ok {
			for w := range set(lines) {
				f.counted[w] = class
			}
		}
	}
	return f
}

// addPlaces adds lines of places: each a place of its own, or other names of one after "KEY:".
func (f *factList) addPlaces(lines []string) {
	for _, line := range lines {
		names, key := strings.Fields(line), ""
		if k, ok := strings.CutSuffix(names[0], ":"); ok {
			names, key = names[1:], k
		}
		for _, w := range names {
			if key == "" {
				f.places.add(run(w), strings.Join(run(w), " "))
			} else {
				f.places.add(run(w), key)
			}
		}
	}
}

func (f *factList) addClass(section string, lines []string) {
	name, ok := strings.CutPrefix(section, "class:")
	if !ok {
		return
	}
	i, found := slices.BinarySearchFunc(f.classes, name, func(c class, n string) int { return cmp.Compare(c.name, n) })
	if !found {
		f.classes = slices.Insert(f.classes, i, class{name, phrases[bool]{}})
	}
	for _, line := range lines {
		for _, w := range strings.Fields(line) {
			f.classes[i].list.add(run(w), true)
		}
	}
}

// set gives the folded words of a section.
func set(lines []string) map[string]bool {
	out := map[string]bool{}
	for _, line := range lines {
		for _, w := range strings.Fields(line) {
			out[text.Fold(w)] = true
		}
	}
	return out
}

func list(lines []string) phrases[bool] {
	out := phrases[bool]{}
	for _, line := range lines {
		for _, w := range strings.Fields(line) {
			out.add(run(w), true)
		}
	}
	return out
}

// values reads lines of a number and the words for it.
func values(lines []string) phrases[float64] {
	out := phrases[float64]{}
	for _, line := range lines {
		fields := strings.Fields(line)
		value, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			panic("facts: " + strconv.Quote(line) + " does not start with a number") // the file is part of the program
		}
		for _, w := range fields[1:] {
			out.add(run(w), value)
		}
	}
	return out
}

func numbered(lines []string) phrases[int] {
	out := phrases[int]{}
	for word, list := range values(lines) {
		for _, p := range list {
			out[word] = append(out[word], phrase[int]{p.words, int(p.value)})
		}
	}
	return out
}
