package rules_test

import (
	"fmt"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
)

func Example() {
	r, err := rules.Parse("libya.yaml", []byte(`
lists:
  arms-deal: ["arms deal", "defence deal"~3, near(jets, sale, 6)]
watches:
  - id: libya-pakistan-arms
    match: '@country.LY AND @country.PK AND @arms-deal'
    priority:
      default: high
      when: [{role: arms-deal == background, priority: low}]
`), rules.Options{})
	if err != nil {
		fmt.Println(err) // file:line:col: cause (hint), one problem a line
		return
	}
	item := feeds.Item{Title: "Pakistani general in Libya", Text: "A visit last year ended in an arms deal.", Language: "en"}
	for _, m := range r.Set().Match(nil, &item) {
		fmt.Println(m.Watch.ID, m.Priority, "because", m.Reason)
	}
	// Output: libya-pakistan-arms low because arms-deal == background
}
