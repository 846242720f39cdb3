package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestSummarizePrintsSentencesAndFacts(t *testing.T) {
	t.Parallel()
	in := `{"id":"1","title":"Deal","text":"ISLAMABAD (AP) — Pakistan has signed a deal worth $4 billion with Libya, officials said.\n\nSaddam Haftar met General Asim Munir in Benghazi on Monday to seal it.\n\nRead more: our newsletter","language":"en","published":"2025-12-23T08:00:00Z"}
oops
{"id":"2","title":"Only a title"}
{"id":"3","title":"","text":"The first sentence is about one thing and no other. The second sentence mentions the embargo on arms, at last.","language":"en","query":["embargo"],"sentences":1}
`
	cmd := newSummarizeCommand()
	var out, problems bytes.Buffer
	cmd.SetIn(strings.NewReader(in))
	cmd.SetOut(&out)
	cmd.SetErr(&problems)
	cmd.SetArgs([]string{"--query", "Haftar NOT cricket"})
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err := cmd.Execute()
	if err == nil || !strings.HasPrefix(problems.String(), "standard input:2: not an item") {
		t.Errorf("error %v, problems %q", err, problems.String())
	}
	want := `{"id":"1","language":"en","sentences":["Pakistan has signed a deal worth $4 billion with Libya, officials said.","Saddam Haftar met General Asim Munir in Benghazi on Monday to seal it."],"facts":{"people":["Saddam Haftar","Asim Munir"],"places":["Pakistan","Libya","Benghazi","Islamabad"],"organisations":[],"amounts":["$4 billion"],"dates":["2025-12-22"],"money":[{"text":"$4 billion","value":4000000000,"currency":"USD"}]}}
{"id":"2","language":"en","sentences":[],"facts":{"people":[],"places":[],"organisations":[],"amounts":[],"dates":[]}}
{"id":"3","language":"en","sentences":["The second sentence mentions the embargo on arms, at last."],"facts":{"people":[],"places":[],"organisations":[],"amounts":[],"dates":[]}}
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
}

func TestSummarizeTakesItsTermsFromAQuery(t *testing.T) {
	t.Parallel()
	terms, err := queryTerms(`(Libya OR "arms deal") AND NOT cricket`)
	if got := strings.Join(terms, "|"); err != nil || got != "Libya|arms deal" {
		t.Errorf("terms %q, error %v", got, err)
	}
	if _, err := queryTerms(`(Libya`); err == nil {
		t.Error("no error for a query that is none")
	}
}
