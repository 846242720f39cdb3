package rules

import "testing"

func TestFormatKeepsMeaningAndComments(t *testing.T) {
	t.Parallel()
	in := "\xef\xbb\xbf\n# about Libya  \r\nwatches:\n\n\n\n- id: a   # an id\n  match: libya   AND (  arms OR  \"arms deal\")\n- id: b\n  match: '@country.LY   arms -cricket' # why\n" +
		"- id: c\n  match: |\n    libya   AND\n\n\n    arms  \n  title: 'it''s'\n- {id: d, match: 'x   y'}\n- id: e\n  match: 'it''s   x'\n- id: f\n  match: /a#b/\n\n\n"
	want := "# about Libya\nwatches:\n\n- id: a   # an id\n  match: libya AND (arms OR \"arms deal\")\n- id: b\n  match: '@country.LY AND arms AND NOT cricket' # why\n" +
		"- id: c\n  match: |\n    libya   AND\n\n\n    arms  \n  title: 'it''s'\n- {id: d, match: 'x   y'}\n- id: e\n  match: 'it''s AND x'\n- id: f\n  match: /a#b/\n"
	got := string(Format([]byte(in)))
	if got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	if again := string(Format([]byte(got))); again != got {
		t.Errorf("formatted twice:\n%q", again)
	}
	before, err := Parse("r.yaml", []byte(in), Options{})
	if err != nil {
		t.Fatal(err)
	}
	after, err := Parse("r.yaml", []byte(got), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if changed := after.Changes(before); len(changed) > 0 {
		t.Errorf("changed %v", changed)
	}
}
