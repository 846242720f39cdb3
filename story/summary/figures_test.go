package summary_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/tocsin-bot/tocsin/feeds/realdata"
	"github.com/tocsin-bot/tocsin/story/summary"
)

// The figures of two public sets, three sentences a text, scored by the ROUGE program that lies
// beside the data. Lead-3 as it comes has 28.5/11.5 and 52.7/47.2.
func TestSummariesReachTheMeasuredROUGE(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set         string
		flags       []string
		rouge1, two float64
	}{
		{"cnndm_en", []string{"--stem"}, 35.5, 14.0},
		{"trdiri_tr", nil, 54.5, 48.5},
	} {
		t.Run(c.set, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			gold, out := filepath.Join(dir, "gold.jsonl"), filepath.Join(dir, "out.jsonl")
			write(t, gold, realdata.Read(t, "eval/"+c.set+".jsonl.xz"))
			var summaries bytes.Buffer
			enc := json.NewEncoder(&summaries)
			for _, doc := range realdata.Lines[struct{ ID, Lang, Title, Text string }](t, "eval/"+c.set+".jsonl.xz") {
				s := summary.Summarize([]summary.Source{{ID: doc.ID, Title: doc.Title, Text: doc.Text, Language: doc.Lang}}, summary.Options{Sentences: 3})
				if err := enc.Encode(map[string]string{"id": doc.ID, "summary": s.Text()}); err != nil {
					t.Fatal(err)
				}
			}
			write(t, out, summaries.Bytes())
			var got rouge
			if raw := realdata.Score(t, "rouge.py", append([]string{gold, out, "--json"}, c.flags...)...); json.Unmarshal(raw, &got) != nil {
				t.Fatalf("rouge.py printed %s", raw)
			}
			t.Logf("%s: ROUGE-1 %.2f, ROUGE-2 %.2f", c.set, got.All.One, got.All.Two)
			if got.All.One < c.rouge1 || got.All.Two < c.two {
				t.Errorf("ROUGE-1/2 %.2f/%.2f, want at least %.1f/%.1f", got.All.One, got.All.Two, c.rouge1, c.two)
			}
		})
	}
}

type rouge struct {
	All struct {
		One float64 `json:"R1_f"`
		Two float64 `json:"R2_f"`
	} `json:"all"`
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
