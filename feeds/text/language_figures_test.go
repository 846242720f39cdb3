package text

import (
	"testing"

	"github.com/tocsin-bot/tocsin/feeds/realdata"
)

// TestFiguresLanguage tells the language of real headlines, and of the first words of real
// articles, without any hint.
func TestFiguresLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, field, language string
		floor                 float64
	}{
		{"languages/arabic-ant-corpus.jsonl.xz", "title", "ar", .99},
		{"languages/turkish-haber.jsonl.xz", "title", "tr", .88}, // three words at the median
		{"languages/turkish-haber.jsonl.xz", "text", "tr", .99},
		{"stream/dev-2025-10-20_2025-11-30.jsonl.xz", "t", "en", .985},
		{"eval/uci_en.jsonl.xz", "title", "en", .975},
	} {
		good, all := 0, 0
		for _, line := range realdata.Lines[map[string]any](t, c.file) {
			s, _ := line[c.field].(string)
			if s == "" {
				continue
			}
			all++
			if Language(s[:min(len(s), 200)], "") == c.language {
				good++
			}
		}
		share := float64(good) / float64(max(1, all))
		t.Logf("%s: %.2f %% of %d are told to be %q", c.file, 100*share, all, c.language)
		if share < c.floor {
			t.Errorf("%s: %.4f is below %.3f", c.file, share, c.floor)
		}
	}
}
