package main

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/story"
)

const ferry = `The ferry Meltem struck rocks off Bodrum before dawn on Monday with 40 passengers on board, the coastguard said. Rescue boats brought all of them ashore within two hours.`

func TestGroupPrintsOneLineForEveryItemButBackground(t *testing.T) {
	t.Parallel()
	in := strings.Join([]string{
		`{"id":"x","role":"background","language":"en","title":"A text that only teaches"}`,
		`{"id":"a","language":"en","title":"Ferry hits rocks off Bodrum","text":"` + ferry + `","published":"2026-03-02T06:00:00Z"}`,
		`{"id":"b","language":"en","title":"Central bank leaves rates unchanged","text":"","published":"2026-03-02T06:30:00Z"}`,
		``,
		`{"id":"c","language":"en","title":"Forty saved","text":"` + ferry[:140] + `","published":"2026-03-02T07:00:00Z"}`,
		`{"id":"d","language":"en","title":"Ferry Meltem: passengers rescued off Bodrum","text":"","published":"2026-03-02T08:00:00Z"}`,
	}, "\n")
	var out, problems strings.Builder
	if err := groupLines(strings.NewReader(in), &out, &problems, "items"); err != nil {
		t.Fatal(err)
	}
	const want = `{"id":"a","story":1,"relation":"new"}
{"id":"b","story":2,"relation":"new"}
{"id":"c","story":1,"relation":"duplicate","duplicate_of":"a"}
{"id":"d","story":1,"relation":"update"}
`
	if out.String() != want || problems.String() != "" {
		t.Errorf("got:\n%s\nproblems:\n%s", out.String(), problems.String())
	}
}

func TestGroupReportsALineThatIsNoItemAndGoesOn(t *testing.T) {
	t.Parallel()
	var out, problems strings.Builder
	err := groupLines(strings.NewReader("nonsense\n"+`{"id":"a","title":"Ferry hits rocks"}`+"\n"+`{"id":"b","role":"judge"}`), &out, &problems, "items.jsonl")
	if err == nil {
		t.Error("no error at the end")
	}
	if got := out.String(); got != `{"id":"a","story":1,"relation":"new"}`+"\n" {
		t.Errorf("got %q", got)
	}
	for _, want := range []string{"items.jsonl:1: ", `items.jsonl:3: "role" is "judge"`} {
		if !strings.Contains(problems.String(), want) {
			t.Errorf("problems lack %q: %q", want, problems.String())
		}
	}
}

// The sample day has 74 stories in five languages, with copies, follow-ups and near misses.
func TestSampleDayIsGroupedAsItsWritersMeantIt(t *testing.T) {
	t.Parallel()
	truth := newswire.New(newswire.Options{}).Truth()
	slices.SortStableFunc(truth, func(a, b newswire.Truth) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), a.Published.Compare(b.Published))
	})
	for _, bodies := range []bool{true, false} { // in full, and as headlines
		index := story.NewIndex(story.Options{})
		event := make(map[int64]string) // of a story
		placed := make(map[string]int64)
		seen := make(map[string]bool)
		mixed, split := 0, 0
		for i, tr := range truth {
			it := &feeds.Item{Key: int64(i + 1), ID: tr.ID, Title: tr.Title, Language: tr.Language, Published: tr.Published,
				Feed: tr.Feed, URL: "https://" + tr.Feed + ".example" + tr.Path}
			if bodies {
				it.Text = tr.Text
			}
			p := index.Place(it)
			name := tr.Story + " in " + tr.Language
			if e, ok := event[p.Story]; ok && e != name {
				mixed++
				t.Logf("bodies %v: %q, of %s, joined %s by %s", bodies, tr.Title, name, e, p.Rule)
			}
			if s, ok := placed[name]; ok && s != p.Story {
				split++
				t.Logf("bodies %v: %q, of %s, starts another story", bodies, tr.Title, name)
			}
			if is := p.Relation == story.Duplicate; bodies && is != (tr.CopyOf != "") && !seen[it.URL] {
				t.Errorf("%q is a %s, and a copy of %q", tr.Title, p.Relation, tr.CopyOf)
			}
			seen[it.URL] = true
			if _, ok := event[p.Story]; !ok {
				event[p.Story] = name
			}
			if _, ok := placed[name]; !ok {
				placed[name] = p.Story
			}
		}
		mixedLimit, splitLimit := 0, 0
		if !bodies { // headlines alone, of a first day: Libya and Pakistan also play cricket
			mixedLimit, splitLimit = 1, len(truth)/10
		}
		if mixed > mixedLimit || split > splitLimit {
			t.Errorf("bodies %v: %d items joined another event, %d started a second story of theirs", bodies, mixed, split)
		}
	}
}
