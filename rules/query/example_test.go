package query_test

import (
	"fmt"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules/query"
)

func Example() {
	haftar, _ := query.Parse(`haftar OR hifter OR حفتر`)
	arms, _ := query.Parse(`"arms deal" OR near(jets, sell, 6)`)
	lists := query.Lists{"haftar": {haftar}, "arms": {arms}}

	q, _ := query.Parse(`(libya OR @haftar) pakistan @arms -cricket`)
	c, err := query.Compile(q, lists)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, ok := c.Match(query.NewDocument(&feeds.Item{
		Title: "Pakistan to sell fighter jets to Hifter’s army", Language: "en",
	}))
	fmt.Println(ok)
	for _, g := range r.Groups {
		fmt.Println(g.Name, g.Role, g.Evidence[0].Text)
	}
	// Output:
	// true
	// haftar title Hifter’s
	// pakistan title Pakistan
	// arms title sell
}

func ExampleParse_error() {
	_, err := query.Parse(`libya AND (pakistan OR`)
	fmt.Println(err)
	// Output: offset 22: expected a word, a phrase, a list or a parenthesis, found end of query
}
