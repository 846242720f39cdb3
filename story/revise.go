package story

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/story/summary"
)

// Revise is Place for an item that replaces an earlier version of itself: the publisher changed
// it. It stays in the story of the earlier version. A changed headline, and an amount or count
// that stands in place of another one, make it an update of the kind Correction, whose Facts hold
// the old and the new; text that was added makes it a plain update; else it is a duplicate of the
// earlier version. Old is what was known last; only its key need be known to the index, and when
// that is too old the item is placed like any other.
func (x *Index) Revise(it, old *feeds.Item) Placement {
	if p, ok := x.again(it.Key); ok {
		return p
	}
	slot, known := x.byKey[old.Key]
	if !known {
		slot, known = x.byKey[it.Revises]
	}
	if !known {
		return x.Place(it)
	}
	d, r := x.prepare(it)
	o := x.docs.at(slot)
	p := x.placement(d)
	p.join(o.story, ByURL, 1)
	p.Facts = changes(old, it)
	switch {
	case len(p.Facts) > 0:
		p.Kind = Correction
	case r.sketch.in(x.docs.at(o.root).sketch) >= unchanged || d.body < minBody:
		p.duplicate(x.docs.at(o.root))
	default:
		p.fresh = x.fresh(d, r, o.story)
	}
	p.Origin = x.names.name(o.origin)
	x.settle(d, r, &p)
	return p
}

// unchanged is the share of an article's text that another version of it has, from which on
// nothing was added or taken worth a word.
const unchanged = 0.98

// sameArticle says whether an item is the article o as another feed of the site carries it: the
// same text, a teaser of it, or its headline.
func sameArticle(d *doc, r *reading, o *doc) bool {
	if d.body < minBody || o.body < minBody {
		return sameTitle(d, o)
	}
	return r.sketch.in(o.sketch) >= unchanged
}

// correctionLabel is how a headline says that it takes something back.
var correctionLabel = regexp.MustCompile(`^(?i:correction|corrected|corrects|rectificatif|correctif|erratum|düzeltme)(?:\s*[:：\-–—(]|$)|^(?:تصحيح|تصويب|تصحیح|درستی)\s*[:：\-–—]`)

// changes says what two versions of an item disagree on, in words.
func changes(old, it *feeds.Item) []string {
	var out []string
	if headline(old.Title) != headline(it.Title) && old.Title != "" && it.Title != "" {
		out = append(out, fmt.Sprintf("headline: “%s”, was “%s”", it.Title, old.Title))
	}
	seen := make(map[string]bool)
	before, after := summary.FromItem(old), summary.FromItem(it)
	after.Text = withoutNotes(after.Text)
	for _, c := range summary.Corrections(before, after) {
		fact := fmt.Sprintf("%s, was %s", c.New.Text, c.Old.Text)
		if !seen[fact] && len(out) < maxFacts {
			seen[fact] = true
			out = append(out, fact)
		}
	}
	return out
}

// correctionNote is how a paragraph says that the article was another before. It names the old
// number, which would then seem to stand.
var correctionNote = regexp.MustCompile(`(?i)(?:has been|was) (?:corrected|amended|updated|changed)|(?:earlier|previous) version` +
	`|version (?:précédente|antérieure)|a été (?:corrigé|modifié|rectifié)|düzeltil(?:di|miş)|önceki (?:sürüm|hali)` +
	`|نسخة سابقة|تم (?:تصحيح|تعديل)|سابقہ (?:خبر|متن)|تصحیح کر`)

// withoutNotes drops the paragraphs that tell of a correction.
func withoutNotes(body string) string {
	var kept []string
	for p := range strings.Lines(body) {
		if !correctionNote.MatchString(p) {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "")
}
