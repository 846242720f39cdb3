package strict

import "testing"

func TestAKeptValueHoldsNothingOfTheTreeAroundIt(t *testing.T) {
	t.Parallel()
	var f struct {
		Name  Located[string]   `yaml:"name"`
		Given Raw               `yaml:"given"`
		Not   Raw               `yaml:"not"`
		Words []Located[string] `yaml:"words"`
		Large []string          `yaml:"large"`
	}
	if p := (&Decoder{}).Decode("f.yaml", []byte("name: a\ngiven: {}\nwords: [b]\nlarge: [c, d]\n"), &f); p != nil {
		t.Fatal(p)
	}
	for _, n := range []*Node{f.Name.node, f.Given.node, f.Not.node, f.Words[0].node} {
		if at := n.Pos(); at.Line < 1 {
			t.Errorf("place %v", at)
		}
		for ; n != nil; n = n.parent {
			if n.yaml != nil && len(n.yaml.Content) > 0 {
				t.Errorf("the node at line %d holds %d others", n.yaml.Line, len(n.yaml.Content))
			}
		}
	}
}
