package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/rules/query"
)

var watchID = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$`)

// watch takes in a watch as its file gives it, with the defaults of the file.
func (l *loader) watch(located strict.Located[watchSpec], defaults *watchSettings, terms standIns) {
	spec := located.Value
	w := &watchDraft{spec: spec, Watch: Watch{
		ID: spec.ID.Value, Title: spec.Title, Description: spec.Description, Match: terms.original(spec.Match.Value), Pos: located.Pos(),
	}}
	if w.Title == "" {
		w.Title = w.ID
	}
	if spec.ID.Given() && !watchID.MatchString(w.ID) {
		l.add(spec.ID.Problem(fmt.Sprintf("%q cannot be the id of a watch", w.ID), "ids are made of a-z, 0-9, - . and _, at most 64: libya-arms"))
	}
	if first, twice := l.watches[w.ID]; twice && w.ID != "" {
		l.add(spec.ID.Problem(fmt.Sprintf("the watch %s is defined twice", w.ID), "first at "+first.spec.ID.Pos().String()))
	} else {
		l.watches[w.ID] = w
	}
	l.order = append(l.order, w)
	l.settings(w, defaults)
	l.query(w)
	for _, t := range spec.Tests {
		if w.ID == "" {
			break // reported as missing
		}
		l.tests = append(l.tests, testDraft{t.Value, w.ID, t.Pos()})
	}
}

// bareWords are several words without an operator.
var bareWords = regexp.MustCompile(`^[\p{Ll}\p{Lt}\p{Lo}\p{M}\p{N}][\p{L}\p{M}\p{N}'’-]*( [\p{Ll}\p{Lt}\p{Lo}\p{M}\p{N}][\p{L}\p{M}\p{N}'’-]*)+$`)

// query parses the query of a watch.
func (l *loader) query(w *watchDraft) {
	if strings.TrimSpace(w.Match) == "" {
		return // reported as missing
	}
	at := placeIn(w.spec.Match, w.Match)
	if strings.HasPrefix(w.Match, "'") && !w.spec.Match.Quoted() {
		l.add(at(0).At("the query begins with a single quote that does not end with it",
			`close the ' at the end of the line, or leave it out; a phrase stands in double quotes: "arms deal"`))
		return
	}
	q, err := query.Parse(w.Match)
	if err != nil {
		l.add(queryProblem(err, at))
		return
	}
	if w.spec.Match.Quoted() && bareWords.MatchString(w.Match) {
		l.warnings = append(l.warnings, w.spec.Match.Problem(fmt.Sprintf("%s looks for these words anywhere in an item: the quotes are YAML's", w.ID),
			fmt.Sprintf(`for the words in a row: match: '"%s"'`, w.Match)))
	}
	w.Query = q
	for _, ref := range q.References() {
		w.refs = append(w.refs, reference{ref.Name, at(ref.Offset)})
	}
}

// settings fills in what the watch does not say from the file's defaults.
func (l *loader) settings(w *watchDraft, d *watchSettings) {
	s := w.spec.watchSettings
	w.Owner = first(s.Owner, d.Owner)
	w.Update = first(s.Update, d.Update, UpdateThread)
	w.Summary = first(s.Summary.Engine, d.Summary.Engine, Extractive)
	w.MinOrigins = first(s.MinOrigins, d.MinOrigins, 1)
	w.Budget = first(s.Budget, d.Budget)
	if p := first(s.Priority, d.Priority); p != nil {
		w.Priority = *p
	}
	if wait := first(s.Wait, d.Wait); wait != nil {
		w.Wait = *wait
	}
	w.Mute = s.Mute
	if s.Mute == nil {
		w.Mute = d.Mute
	}
	w.Notify = l.routes(s.Notify, l.routes(d.Notify, l.Options.Notify))
	w.Feeds = l.feeds(either(s.Feeds, d.Feeds))
	w.Languages = l.languages(either(s.Languages, d.Languages))
}

func first[T comparable](values ...T) (zero T) {
	for _, v := range values {
		if v != zero {
			return v
		}
	}
	return zero
}

func either[T any](own, inherited []T) []T {
	if own != nil {
		return own
	}
	return inherited
}

// routes gives the rooms to tell: the inherited ones where nothing is said, and in the place of
// the word default.
func (l *loader) routes(own []strict.Located[string], inherited []string) (rooms []string) {
	if own == nil {
		return inherited
	}
	for _, r := range own {
		if r.Value == "" && !r.Quoted() {
			continue // reported as no single value
		}
		if r.Value == "default" {
			rooms = append(rooms, inherited...)
			continue
		}
		check := l.CheckRoom
		if check == nil {
			check = checkRoomForm
		}
		if err := check(r.Value); err != nil {
			hint := ""
			if h, ok := err.(interface{ Hint() string }); ok {
				hint = h.Hint()
			}
			l.add(r.Problem(err.Error(), hint))
			continue
		}
		rooms = append(rooms, r.Value)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(rooms, func(r string) bool {
		twice := seen[r]
		seen[r] = true
		return twice
	})
}

var room = regexp.MustCompile(`^[a-z][a-z0-9]*(:\S+)?$`)

func checkRoomForm(s string) error {
	if !room.MatchString(s) || s != "console" && !strings.Contains(s, ":") {
		return &valueError{fmt.Sprintf("%q is not a room", s), `write "slack:#desk", "matrix:!id:server" or console`}
	}
	return nil
}

func (l *loader) feeds(given []strict.Located[string]) (feeds []string) {
	for _, f := range given {
		names, what := l.Options.Feeds, "feed"
		name, isTag := strings.CutPrefix(f.Value, "tag:")
		if isTag {
			names, what = l.Tags, "tag"
		}
		if names != nil && !slices.Contains(names, name) {
			l.add(f.Problem(fmt.Sprintf("no %s is called %q", what, name), strict.DidYouMean(name, names)))
			continue
		}
		feeds = append(feeds, f.Value)
	}
	return feeds
}

func (l *loader) languages(given []strict.Located[string]) (tags []string) {
	for _, t := range given {
		if _, err := language.Parse(t.Value); err != nil {
			l.add(t.Problem(fmt.Sprintf("%q is not a language tag", t.Value), "write en, ar or pt-BR"))
			continue
		}
		tags = append(tags, t.Value)
	}
	return tags
}

// build makes the rules of what was read. Names have been checked.
func (l *loader) build() *Rules {
	r := &Rules{Lists: l.lists}
	for _, w := range l.order {
		watch := w.Watch
		r.Watches = append(r.Watches, &watch)
	}
	slices.SortFunc(r.Watches, func(a, b *Watch) int { return strings.Compare(a.ID, b.ID) })
	for _, t := range l.tests {
		l.test(r, t)
	}
	return r
}
