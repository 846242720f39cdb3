package newswire

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const head = "stage: Noon\nat: 12:00\n\n"

// load reads a content file and gives what New would panic with.
func load(content string) (s Stage, problem string) {
	defer func() {
		if r := recover(); r != nil {
			problem = r.(string)
		}
	}()
	w := &Wire{day: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), outlets: loadOutlets(files)}
	fsys := fstest.MapFS{"content/1.txt": {Data: []byte(content)}}
	s = loadStage(fsys, "content/1.txt", 0, w)
	w.stages = []Stage{s}
	w.setKinds()
	w.check()
	return s, ""
}

func TestContentFileIsReadWithItsDefaults(t *testing.T) {
	t.Parallel()
	s, problem := load(head + `-- meridian/ferry --
at: yesterday 11:30
title: Ferry: all safe
tags: World, Sea

One line
goes on.

Two.

-- phare/ferry --
at: 11:45
title: Tous sains et saufs
story: meridian/ferry
teaser: Un ferry.

Un.

-- harbour-post/ferry --
at: 11:45
title: Ferry
story: meridian/ferry
copy-of: meridian/ferry

One.
`)
	if problem != "" || len(s.Items) != 3 {
		t.Fatalf("%d items, %s", len(s.Items), problem)
	}
	a, b, c := s.Items[0], s.Items[1], s.Items[2]
	switch {
	case s.Name != "Noon" || s.At.Hour() != 12:
		t.Errorf("the stage is %q at %v", s.Name, s.At)
	case a.Title != "Ferry: all safe" || a.Text != "One line goes on.\n\nTwo." || a.Teaser != "One line goes on.":
		t.Errorf("the first item is %+v", a)
	case a.Published.Day() != 22 || a.Path != "/2026/11/22/ferry.html" || len(a.Tags) != 2 || a.Language != "en":
		t.Errorf("the first item is %+v", a)
	case a.Story != "meridian/ferry" || a.Kind != KindNew || a.Match:
		t.Errorf("the first item's truth is %+v", a.Truth)
	case b.Kind != KindNew || b.Teaser != "Un ferry." || b.Language != "fr":
		t.Errorf("the first item in another language is %+v", b)
	case c.Kind != KindCoverage || c.CopyOf != "meridian/ferry":
		t.Errorf("the copy is %+v", c)
	}
}

func TestMistakeInAContentFileIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	item := "-- meridian/a --\nat: 11:00\ntitle: A\n"
	for content, want := range map[string]string{
		head + "-- nobody/a --\nat: 11:00\ntitle: A\n\nText.\n": `content/1.txt:4: nobody/a: no outlet is named "nobody"`,
		head + item + "titel: B\n\nText.\n":                     `content/1.txt:4: meridian/a: no key is called "titel"`,
		head + item + "title: B\n\nText.\n":                     `content/1.txt:7: want a new "key: value"`,
		head + item + "no colon\n\nText.\n":                     `content/1.txt:7: want a new "key: value"`,
		head + item:                                             `content/1.txt:4: meridian/a: an item needs a title and a text`,
		head + "-- meridian/a --\nat: 13:00\ntitle: A\n\nT.\n":  `the item is later than its stage`,
		head + "-- meridian/a --\nat: noon\ntitle: A\n\nT.\n":   `content/1.txt:4: meridian/a: at:`,
		head + item + "kind: rumour\n\nText.\n":                 `no kind is called "rumour"`,
		head + item + "match: maybe\n\nText.\n":                 `match is "maybe", want yes or nothing`,
		head + item + "copy-of: meridian/b\n\nText.\n":          `meridian/a is a copy of "meridian/b", which has not been published`,
		head + item + "\nText.\n\n" + item + "\nText.\n":        `meridian/a comes twice`,
		"stage: Noon\nat: 12:00\nover: yes\n":                   `content/1.txt:1: `,
	} {
		if _, problem := load(content); !strings.Contains(problem, want) {
			t.Errorf("%q:\nhave %s\nwant %s", content, problem, want)
		}
	}
}

func TestCharacterThatACharsetLacksBecomesAReference(t *testing.T) {
	t.Parallel()
	o := &outlet{Name: "x", Charset: "iso-8859-9"}
	if got := string(o.encode([]byte("ığ → €"))); got != "\xfd\xf0 &#8594; &#8364;" {
		t.Errorf("encode gives %q", got)
	}
}
