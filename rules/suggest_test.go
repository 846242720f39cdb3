package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/feeds"
)

func TestUnknownSpellingsAreSuggested(t *testing.T) {
	t.Parallel()
	in := `entities: {haftar: {names: [Haftar, حفتر], with: [Khalifa, Benghazi]}}
watches: [{id: a, match: '@haftar'}]
`
	r, err := Parse("r.yaml", []byte(in), Options{})
	if err != nil {
		t.Fatal(err)
	}
	items := []feeds.Item{
		{Title: "Khalifa Haftar visits Benghazi", Text: "Commander Haftar said so."},
		{Title: "General Haftar in Cairo"},
		{Title: "General Khalifa Hifter returns to Benghazi", Text: "Hifter said nothing."},
		{Title: "Khalifa Hifter again"},
		{Title: "Халифа Хафтар прибыл в Москву"},
		{Title: "ہفتر کی ملاقات"},
		{Title: "Khalifa Haftaar speaks"},
		{Title: "The hefty price of after hours"},
		{Title: "Hunter wins in Benghazi"},
	}
	s, ok := r.NewSuggester("haftar")
	if !ok {
		t.Fatal("no entity")
	}
	for i := range items {
		s.Learn(&items[i])
	}
	for i := range items {
		s.Look(&items[i])
	}
	var spellings []string
	for _, f := range s.Suggestions() {
		spellings = append(spellings, f.Spelling)
	}
	if got := strings.Join(spellings, " "); !slices.Equal(spellings, []string{"Hifter", "Haftaar", "Хафтар", "ہفتر"}) {
		t.Errorf("suggested %s", got)
	}
	first := s.Suggestions()[0]
	if first.Count != 2 || !slices.Contains(first.Beside, "khalifa") || first.Example != "General Khalifa Hifter returns to Benghazi" {
		t.Errorf("the first is %+v", first)
	}
	if _, ok := r.NewSuggester("nobody"); ok {
		t.Error("suggests for nobody")
	}
}
