package story_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/realdata"
	"github.com/tocsin-bot/tocsin/story"
)

// line is an item of the evaluation sets.
type line struct {
	ID        string    `json:"id"`
	Lang      string    `json:"lang"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	URL       string    `json:"url"`
	Source    string    `json:"source"`
	Published time.Time `json:"published"`
	Role      string    `json:"role"`
}

func (l *line) item(key int64) *feeds.Item {
	return &feeds.Item{Key: key, ID: l.ID, Language: l.Lang, Title: l.Title, Text: l.Text, URL: l.URL, Published: l.Published}
}

// score runs the scorer over what the index says of the items of a set.
func score(t *testing.T, set string, args ...string) map[string]float64 {
	t.Helper()
	gold := filepath.Join(t.TempDir(), "gold.jsonl")
	if err := os.WriteFile(gold, realdata.Read(t, set), 0o600); err != nil {
		t.Fatal(err)
	}
	items := realdata.Lines[line](t, set)
	out, err := os.Create(filepath.Join(t.TempDir(), "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	index := story.NewIndex(story.Options{})
	start := time.Now()
	for i := range items {
		it := &items[i]
		p := index.Place(it.item(int64(i + 1)))
		dup := ""
		if p.Relation == story.Duplicate {
			dup = items[p.DuplicateOf-1].ID
		}
		fmt.Fprintf(out, "{\"id\":%q,\"story\":%d,\"dup_of\":%q}\n", it.ID, p.Story, dup)
	}
	t.Logf("%s: %.0f µs an item", set, float64(time.Since(start).Microseconds())/float64(len(items)))
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	raw := realdata.Score(t, "cluster_eval.py", append([]string{gold, out.Name(), "--json"}, args...)...)
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if inner, ok := all["all"].(map[string]any); ok {
		all = inner
	}
	figures := make(map[string]float64)
	for k, v := range all {
		if f, ok := v.(float64); ok {
			figures[k] = f
		}
	}
	return figures
}

func TestFiguresOfECBPlus(t *testing.T) {
	f := score(t, "eval/ecbplus_en.jsonl.xz")
	t.Logf("BCubed %.3f pair %.3f missed %.3f alerts/story %.2f", f["bcub_f1"], f["pair_f1"], f["missed_rate"], f["alerts_per_story"])
	if f["bcub_f1"] < .86 || f["pair_f1"] < .80 || f["missed_rate"] > .13 || f["alerts_per_story"] > 1.5 {
		t.Error("worse than BCubed .86, pair .80, missed .13, 1.5 alerts a story")
	}
}

func TestFiguresOfHeadlines(t *testing.T) {
	f := score(t, "eval/uci_en.jsonl.xz")
	t.Logf("BCubed %.3f pair %.3f missed %.3f alerts/story %.2f", f["bcub_f1"], f["pair_f1"], f["missed_rate"], f["alerts_per_story"])
	if f["bcub_f1"] < .70 || f["pair_f1"] < .67 || f["missed_rate"] > .05 {
		t.Error("worse than BCubed .70, pair .67, missed .05")
	}
}

func TestFiguresOfCopies(t *testing.T) {
	f := score(t, "eval/dups_en.jsonl.xz", "--dups")
	t.Logf("recall %.3f false %.4f wrong %v", f["recall"], f["false_rate"], f["wrong_target"])
	if f["recall"] < .85 || f["false_rate"] > .01 {
		t.Error("worse than recall .85, false .01")
	}
}
