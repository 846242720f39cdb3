package feeds

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds/realdata"
)

// TestFiguresArticles measures extraction on scrapinghub's pages as their benchmark does: F1 over
// the multisets of 4-word shingles.
func TestFiguresArticles(t *testing.T) {
	t.Parallel()
	var truth map[string]struct{ ArticleBody, URL string }
	if err := json.Unmarshal(realdata.Read(t, "articles/scrapinghub/ground-truth.json"), &truth); err != nil {
		t.Fatal(err)
	}
	var precision, recall []float64
	var slowest, sum time.Duration
	for id, want := range truth {
		page := realdata.Read(t, "articles/scrapinghub/html/"+id+".html.gz")
		start := time.Now()
		a, err := Extract(page, want.URL)
		took := time.Since(start)
		sum += took
		slowest = max(slowest, took)
		if err != nil {
			t.Logf("%s: %v", want.URL, err)
			a = &Article{}
		}
		tp, fp, fn := overlap(shingles(a.Text), shingles(want.ArticleBody))
		if tp+fp > 0 {
			precision = append(precision, tp/(tp+fp))
		}
		if tp+fn > 0 {
			recall = append(recall, tp/(tp+fn))
		}
		if tp/(tp+(fp+fn)/2) < .8 {
			t.Logf("%s: tp %.2f fp %.2f fn %.2f", want.URL, tp, fp, fn)
		}
	}
	p, r := mean(precision), mean(recall)
	f1 := 2 * p * r / (p + r)
	t.Logf("%d pages: F1 %.4f (precision %.4f, recall %.4f), mean %v, slowest %v",
		len(truth), f1, p, r, sum/time.Duration(len(truth)), slowest)
	if f1 < .955 {
		t.Errorf("F1 %.4f is below .955", f1)
	}
}

var benchmarkToken = regexp.MustCompile(`[\p{L}\p{N}_]+`)

func shingles(s string) map[string]float64 {
	out := make(map[string]float64)
	tokens := benchmarkToken.FindAllString(s, -1)
	if len(tokens) == 0 {
		return out
	}
	for i := range max(1, len(tokens)-3) {
		out[strings.Join(tokens[i:min(i+4, len(tokens))], " ")]++
	}
	return out
}

// overlap gives true positives, false positives and false negatives, as shares of their sum.
func overlap(got, want map[string]float64) (tp, fp, fn float64) {
	for s, n := range got {
		tp += min(n, want[s])
		fp += max(0, n-want[s])
	}
	for s, n := range want {
		fn += max(0, n-got[s])
	}
	if all := tp + fp + fn; all > 0 {
		return tp / all, fp / all, fn / all
	}
	return 0, 0, 0
}

func mean(xs []float64) float64 {
	var sum float64
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}
