package rules

import (
	"crypto/sha256"
	"fmt"

	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules/query"
)

// Options are what a set of rule files is loaded with.
type Options struct {
	// Notify are the rooms of watches that name none. Defaults to none.
	Notify []string

	// Feeds and Tags are the names that watches may use for feeds. Nil means that any may be used.
	Feeds, Tags []string

	// CheckRoom tells what is wrong with a room that a watch notifies: a platform that is not
	// there, a room that was deleted. The error may carry a hint in a method Hint() string.
	// Defaults to a look at its form.
	CheckRoom func(room string) error

	// Sample are items that tell which words are rare, which makes a large set of watches faster.
	// Defaults to none.
	Sample []*feeds.Item

	// Grouper makes the grouper with which tests count stories. Defaults to none: what tests say
	// about stories is not looked at.
	Grouper func() Grouper

	// AllowFailing loads the files although tests fail; the failures become warnings.
	AllowFailing bool

	// SkipTests does not run the tests.
	SkipTests bool
}

// Load loads the rule files at the paths, files or folders, all or nothing: the error is Problems,
// with everything that is wrong. What is allowed and probably not meant is in Rules.Warnings.
func Load(paths []string, o Options) (*Rules, error) {
	files, problems := findFiles(paths)
	sources := make([]source, 0, len(files))
	for _, path := range files {
		data, ps := strict.ReadFile(path)
		problems = append(problems, ps...)
		if ps == nil {
			sources = append(sources, source{path, data})
		}
	}
	return load(sources, problems, o)
}

// Parse loads one rule file from memory; file names it in problems.
func Parse(file string, data []byte, o Options) (*Rules, error) {
	return load([]source{{file, data}}, nil, o)
}

// source is a rule file and its bytes.
type source struct {
	path string
	data []byte
}

func load(sources []source, problems Problems, o Options) (*Rules, error) {
	l := loader{Options: o, problems: problems, names: map[string]strict.Pos{}, lists: query.Lists{},
		watches: map[string]*watchDraft{}}
	for _, s := range sources {
		l.read(s)
	}
	if len(l.watches) == 0 && len(l.problems) == 0 {
		at := strict.Pos{}
		if len(sources) > 0 {
			at.File = sources[0].path
		}
		l.problems = append(l.problems, at.At("there is no watch", "rules without a watch would silence everything; `tocsin init` writes an example"))
	}
	l.checkNames()
	r := l.build()
	if len(l.problems) > 0 {
		return nil, l.problems.Sort()
	}
	if l.checkRegexps(r); len(l.problems) > 0 {
		return nil, l.problems
	}
	set, err := Compile(r, o.Sample)
	if err != nil {
		return nil, Problems{{Cause: err.Error()}}
	}
	r.set, r.grouper = set, o.Grouper
	l.checkAlways(r)
	if l.checkBreadth(r); len(l.problems) > 0 {
		return nil, l.problems.Sort()
	}
	r.Sum = sum(sources)
	r.Files = make([]string, len(sources))
	for i, s := range sources {
		r.Files[i] = s.path
	}
	if !o.SkipTests {
		failures := r.runTests()
		if len(failures) > 0 && !o.AllowFailing {
			return nil, failures
		}
		l.warnings = append(l.warnings, failures...)
	}
	r.Warnings = append(l.warnings, r.lint()...).Sort()
	return r, nil
}

// sum is the same for the same files with the same content.
func sum(sources []source) [sha256.Size]byte {
	h := sha256.New()
	for _, s := range sources {
		fmt.Fprintf(h, "%q %d\n", s.path, len(s.data))
		h.Write(s.data)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// loader gathers what the files say, until the names of all are known.
type loader struct {
	Options
	problems Problems
	warnings Problems
	names    map[string]strict.Pos // of lists and entities
	lists    query.Lists
	listRefs []reference
	watches  map[string]*watchDraft
	order    []*watchDraft
	tests    []testDraft
}

// reference is a use of a list by a query.
type reference struct {
	name string
	at   strict.Pos
}

// watchDraft is a watch whose names are not checked yet.
type watchDraft struct {
	Watch
	spec watchSpec
	refs []reference
}

// testDraft is a test whose watch is not known yet.
type testDraft struct {
	spec  testSpec
	watch string // the watch beside which it stands, if any
	at    strict.Pos
}

func (l *loader) add(ps ...Problem) { l.problems = append(l.problems, ps...) }

// read decodes one file.
func (l *loader) read(s source) {
	data, terms := replaceTerms(s.data)
	warn := strict.Decoder{Warn: func(p Problem) { l.warnings = append(l.warnings, p) }}
	if isEntityFile(s.path) {
		var f entityFile
		l.add(warn.Decode(s.path, data, &f)...)
		l.readEntityFile(s.path, &f, terms)
		return
	}
	var f ruleFile
	l.add(warn.Decode(s.path, data, &f)...)
	for _, e := range f.Lists {
		l.define(e.Key.Value, e.Key.Pos(), l.parseTerms(e.Value, terms))
	}
	for _, e := range f.Entities {
		l.entity(e.Key.Value, e.Key.Pos(), &e.Value, terms)
	}
	for i := range f.Watches {
		l.watch(f.Watches[i], &f.Defaults, terms)
	}
	for _, t := range f.Tests {
		l.tests = append(l.tests, testDraft{t.Value, "", t.Pos()})
	}
}

func (l *loader) readEntityFile(path string, f *entityFile, terms standIns) {
	if len(f.Names) > 0 {
		l.entity(baseName(path), strict.Pos{File: path, Line: 1}, &f.entitySpec, terms)
	} else if len(f.Entities) == 0 {
		l.add(strict.Pos{File: path, Line: 1}.At("an entity needs names", "names: [Haftar, Hifter, حفتر]"))
	}
	for _, e := range f.Entities {
		l.entity(e.Key.Value, e.Key.Pos(), &e.Value, terms)
	}
}
