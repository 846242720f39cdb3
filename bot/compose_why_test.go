package bot

import (
	"slices"
	"testing"
)

func TestWhyOfAnAlertTellsAListWithTheListThatUsesIt(t *testing.T) {
	t.Parallel()
	group := func(name, role string, words ...string) Group {
		g := Group{Name: name, Role: role}
		for _, w := range words {
			g.Evidence = append(g.Evidence, Evidence{Text: w, Role: role})
		}
		return g
	}
	var got []string
	for _, g := range outerGroups([]Group{
		group("libya", "title", "Libya", "Haftar"),
		group("haftar", "title", "HAFTAR"),
		group("the same as libya", "title", "Haftar", "Libya"),
		group("another role", "body", "Haftar"),
		group("one word more", "title", "Libya", "Benghazi"),
		group("a condition without words", "title"),
	}) {
		got = append(got, g.Name)
	}
	if want := []string{"libya", "another role", "one word more", "a condition without words"}; !slices.Equal(got, want) {
		t.Errorf("told are %q, want %q", got, want)
	}
}
