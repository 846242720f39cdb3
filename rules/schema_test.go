package rules

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// validate checks a rule file against the published schema, as an editor does.
func validate(t *testing.T, schema []byte, file string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("rules.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("rules.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	data, _ := replaceTerms([]byte(file))
	var value any
	if err := yaml.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(value)
}

const everyKey = `
defaults: {owner: desk, notify: [console], priority: low}
lists: {arms: ["arms deal", near(jets, sale, 6), 2026], other: '@arms'}
entities: {haftar: {description: x, names: [Haftar, حفتر], with: [Libya], not: [street]}}
watches:
  - id: libya-arms
    title: x
    description: y
    owner: z
    match: '@country.LY AND @arms'
    priority: {default: high, when: [{role: arms == background, priority: low}]}
    notify: ["slack:#x", default]
    feeds: [dawn, "tag:pakistan"]
    languages: [en, pt-BR]
    wait: 1h30m
    update: edit
    mute: [{days: [sat], from: "22:00", to: "07:00", zone: Europe/Berlin, until: "2026-12-01", reason: no desk}]
    budget: 12/day
    min_origins: 2
    tests:
      - {name: a, title: Libya, text: An arms deal., url: "https://x.example/", language: en, feed: dawn, authors: [a],
         tags: [b], published: "2026-01-01", now: "2026-01-02", expect: match, evidence: [Libya], roles: {arms: lead}, priority: high}
tests:
  - {watch: libya-arms, title: x, expect: no match}
  - {watch: libya-arms, items: [{title: x, published: "2026-01-01"}, {title: y}], expect: no match, stories: 1}
`

func TestTheSchemaTakesWhatWeTakeAndRefusesTheRest(t *testing.T) {
	t.Parallel()
	if _, err := Parse("r.yaml", []byte(everyKey), Options{SkipTests: true}); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{everyKey, design} {
		if err := validate(t, Schema(), file); err != nil {
			t.Errorf("%v", err)
		}
	}
	for _, change := range [][2]string{
		{"id: libya-arms", "idd: libya-arms"}, {"match: '@country.LY AND @arms'", "match: [a]"}, {"wait: 1h30m", "wait: 90"},
		{"update: edit", "update: edits"}, {"budget: 12/day", "budget: 12"}, {"priority: low}\nlists", "priority: lowest}\nlists"},
		{"min_origins: 2", "min_origins: 0"}, {"stories: 1", "stories: 0"}, {"items: [{title", "items: [{titel"}, {"days: [sat]", "day: [sat]"}, {"role: arms == background, ", ""},
		{"expect: no match", "expect: maybe"}, {"names: [Haftar", "name: [Haftar"}, {"defaults:", "default:"},
	} {
		broken := strings.Replace(everyKey, change[0], change[1], 1)
		if broken == everyKey {
			t.Fatalf("%s is not there", change[0])
		}
		if err := validate(t, Schema(), broken); err == nil {
			t.Errorf("the schema takes %s", change[1])
		}
		if _, err := Parse("r.yaml", []byte(broken), Options{SkipTests: true}); err == nil {
			t.Errorf("we take %s", change[1])
		}
	}
	if err := validate(t, EntitySchema(), "names: [Haftar, حفتر]\nwith: [Libya]\n"); err != nil {
		t.Error(err)
	}
	if err := validate(t, EntitySchema(), "nams: [Haftar]\n"); err == nil {
		t.Error("the schema of entities takes an unknown key")
	}
}
