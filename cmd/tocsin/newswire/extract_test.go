package newswire_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
)

// The pages are as hard as real ones and no harder: an extractor that works on those finds the
// whole article in each, and leaves the boxes around it where they are.
func TestExtractorFindsEveryArticleWhole(t *testing.T) {
	t.Parallel()
	w, base := serve(t, 1000)
	for _, it := range w.Truth() {
		if inForce(w, it.Feed, 1000)[it.ID].Stage != it.Stage {
			continue
		}
		address, err := url.Parse(base + "/" + it.Feed + it.Path)
		if err != nil {
			t.Fatal(err)
		}
		result, err := trafilatura.Extract(strings.NewReader(getText(t, address.String())), trafilatura.Options{
			OriginalURL: address, Focus: trafilatura.FavorPrecision, ExcludeComments: true, EnableFallback: true,
		})
		if err != nil {
			t.Errorf("%s: %v", it.Name(), err)
			continue
		}
		text := textOf(result.ContentNode)
		for p := range strings.SplitSeq(it.Text, "\n\n") {
			if !strings.Contains(text, p) {
				t.Errorf("%s: the extractor misses %q", it.Name(), p)
			}
		}
		if extra := len(text) - len(it.Text); extra > 400 {
			t.Errorf("%s: the extractor takes %d bytes too much", it.Name(), extra)
		}
	}
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
