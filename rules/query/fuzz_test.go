package query

import (
	"testing"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds"
)

func FuzzParse(f *testing.F) {
	for _, src := range []string{
		`libya AND (pakistan OR "arms deal"~3) -cricket`, `near(a, "b c", @d, 6) title:(x OR y) lang:en`, `role(@a) >= lead age < 48h`,
		`same:sentence(a, b) atleast(2, a, b, c) /x\/y/ ^/z/ =a ^"b" c*d?e`, `«حفتر» OR Türkiye'nin`, `"a \"b\" \\"`, `10,000 a-b`, "\u200b", `title:text:a`,
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		q, err := Parse(src)
		if err != nil {
			e, ok := err.(*SyntaxError)
			if !ok || e.Offset < 0 || e.Offset > len(src) || e.Expected == "" {
				t.Fatalf("%q: %#v", src, err)
			}
			return
		}
		again, err := Parse(q.String())
		if err != nil || !again.Equal(q) || again.String() != q.String() {
			t.Fatalf("%q is printed as %q: %v", src, q, err)
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add(`libya "arms deal" near(a, b*, 3)`, "Libya’s arms-deal", "A b.\n\nC d.", "en")
	f.Add(`/l.b/ OR role(same:sentence(حفتر, ليبيا)) >= body`, "وليبيا", "U.S. 1,000.5 d'armes", "ar")
	f.Add(`"a b c"~4 author:x url:/n/ ?ab*c`, "利比亚 리비아와", "\u0301\u200d a.b.c ''", "tr")
	f.Fuzz(func(t *testing.T, src, title, body, language string) {
		q, err := Parse(src)
		if err != nil || !utf8.ValidString(title) || !utf8.ValidString(body) {
			return
		}
		lists := Lists{}
		for _, ref := range q.References() {
			lists[ref.Name] = []*Query{New(&Term{Text: "libya"})}
		}
		it := &feeds.Item{Title: title, Text: body, Language: language, URL: body, Feed: title, Authors: []string{body}, Tags: []string{title, ""}}
		c, err := Compile(q, lists)
		if err != nil {
			t.Fatal(err)
		}
		b := NewBuilder(lists)
		if err := b.Add(q); err != nil {
			t.Fatal(err)
		}
		d := NewDocument(it)
		r, ok := c.Match(d)
		if found := b.Build(nil).Match(nil, d); (len(found) == 1) != ok {
			t.Fatalf("%s: alone %v, in the index %v", q, ok, found)
		}
		c.Explain(d)
		for _, g := range r.Groups {
			for _, e := range g.Evidence {
				if e.Field == "text" && body[e.Start:e.End] != e.Text || e.Field == "title" && title[e.Start:e.End] != e.Text {
					t.Fatalf("%s: evidence %+v is not at its place", q, e)
				}
			}
		}
	})
}
