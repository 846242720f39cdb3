package feeds

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestHTMLTextIsWhatAReaderSees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ html, want string }{
		{"", ""},
		{"plain", "plain"},
		{" a \n b ", "a b"},
		{"a\n\nb", "a\n\nb"},
		{"a &amp; b &lt; c", "a & b < c"},
		{"<p>One\ntwo</p>\n<p>three</p>", "One two\n\nthree"},
		{"One<br/>two<br><br>three", "One\ntwo\n\nthree"},
		{"<div><div>a</div></div><ul><li>b<li>c</ul>", "a\n\nb\n\nc"},
		{"<h2>Head</h2>text <b>b</b>old", "Head\n\ntext bold"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"},
		{"a<script>if (a < b) alert('x')</script>b<style>p{}</style>c<!-- d -->", "abc"},
		{"a<script>never closed", "anever closed"},
		{"a<iframe src=x>frame</iframe><noscript><img></noscript>b", "ab"},
		{"<svg><title>icon</title></svg>a", "a"},
		{"1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
		{"<p>a</p", "a"},
		{"a <unknown-tag>b</unknown-tag>", "a b"},
		{"x&nbsp;&nbsp;y\u3000z", "x y z"},
		{"soft\u00adhyphen zero\u200bwidth \u2066iso\u2069late \U000E0041tag", "softhyphen zerowidth isolate tag"},
		{"کتاب\u200cخانه", "کتاب\u200cخانه"},
		{"\x1b[31mred\x07", "[31mred"},
		{"&#150; &#x80;", "– €"},
	} {
		if got := HTMLText(c.html); got != c.want {
			t.Errorf("HTMLText(%q) = %q, want %q", c.html, got, c.want)
		}
	}
}

func TestHTMLTextOfAnyNestingIsLinear(t *testing.T) {
	t.Parallel()
	start := time.Now()
	s := HTMLText(nest("<div>", "</div>", 100_000) + nest("<object>", "", 100_000) + "end")
	if s != "end" {
		t.Errorf("got %.40q", s)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
	if s := HTMLText(strings.Repeat("<p>é", maxText)); len(s) > maxText || !utf8.ValidString(s) {
		t.Errorf("%d bytes", len(s))
	}
}

func FuzzHTMLText(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "a<script>b", "&#x0;&nbsp;<b", "<plaintext><p>", "<object><object></object>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{HTMLText(s), htmlLine(s)} {
			checkText(t, got)
		}
		if line := htmlLine(s); strings.ContainsAny(line, "\n\t") {
			t.Errorf("a line break in the line %q", line)
		}
	})
}

// checkText checks what every text of an item promises.
func checkText(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("not UTF-8: %q", s)
	}
	if s != strings.TrimSpace(s) || strings.Contains(s, "  ") || strings.Contains(s, "\n\n\n") {
		t.Errorf("white space is left over: %q", s)
	}
	for _, r := range s {
		if r != '\n' && isUnwanted(r) || 0x80 <= r && r < 0xA0 {
			t.Errorf("the character %U is left in %q", r, s)
		}
	}
}
