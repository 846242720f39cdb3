package summary_test

import (
	"testing"

	"github.com/tocsin-bot/tocsin/feeds/realdata"
	"github.com/tocsin-bot/tocsin/story/summary"
)

// A summary of one article of our own, about 150 words.
func BenchmarkSummarizeShort(b *testing.B) {
	c := loadCases(b)
	for i := 0; b.Loop(); i++ {
		x := c[i%len(c)]
		summary.Summarize([]summary.Source{x.source()}, summary.Options{Query: x.query})
	}
}

// Summaries of whole articles, 700 words on average.
func BenchmarkSummarizeArticle(b *testing.B) {
	var sources []summary.Source
	for _, doc := range realdata.Lines[struct{ ID, Lang, Text string }](b, "eval/cnndm_en.jsonl.xz") {
		sources = append(sources, summary.Source{ID: doc.ID, Text: doc.Text, Language: doc.Lang})
	}
	for i := 0; b.Loop(); i++ {
		summary.Summarize(sources[i%len(sources):][:1], summary.Options{Query: []string{"police", "London"}})
	}
}
