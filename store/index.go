package store

import (
	"context"
	"strings"
	"unicode"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
)

const (
	maxIndexed = 64 << 10 // bytes of a text that can be searched
	maxQuery   = 2000     // bytes of a search
	maxTerms   = 32       // in a search
)

// indexWords makes an item findable.
func (t *tx) indexWords(key int64, it *feeds.Item) error {
	body := it.Text
	if len(body) > maxIndexed {
		body = strings.ToValidUTF8(body[:maxIndexed], "")
	}
	return t.d.index(t, key, it.Title, body)
}

// folder gives the folded words of texts. One goroutine uses it at a time.
type folder struct {
	analyzer text.Analyzer
	tokens   []text.Token
	out      strings.Builder
}

// folded gives the folded words of s, with a blank between two.
func (f *folder) folded(s string) string {
	f.analyzer.Reset()
	f.tokens = f.analyzer.Append(f.tokens[:0], s, text.AnyInflection)
	f.out.Reset()
	f.out.Grow(len(s))
	for _, tok := range f.tokens {
		if w := f.analyzer.Form(tok.Form).Folded; w != "" {
			if f.out.Len() > 0 {
				f.out.WriteByte(' ')
			}
			f.out.WriteString(w)
		}
	}
	return f.out.String()
}

// Search implements bot.Archive.
func (s *Store) Search(ctx context.Context, words string, limit int) ([]bot.Found, error) {
	want, not, err := phrases(words)
	if err != nil {
		return nil, err
	}
	hits, args, err := s.read.d.hits(ctx, s.read, want, not, max(limit, 0))
	if err != nil {
		return nil, doing("search", err)
	}
	rows, err := s.read.query(ctx, `SELECT `+itemColumns+`, coalesce(p.story, 0)
		FROM `+hits+` AS hit
		CROSS JOIN items AS i
		JOIN feeds AS f ON f.id = i.feed
		LEFT JOIN placements AS p ON p.item = i.key
		WHERE i.key = hit.item ORDER BY i.key DESC`, args...)
	found, err := collect(rows, err, func(scan func(...any) error) (bot.Found, error) {
		var r storedItem
		var story int64
		err := scan(append(r.dest(), &story)...)
		return bot.Found{Item: r.fresh().Item, Story: story}, err
	})
	return found, doing("search", err)
}

// phrase is folded words that follow each other. With prefix the last may go on.
type phrase struct {
	words  []string
	prefix bool
}

// phrases gives what a person who typed s wants to find, and what not.
func phrases(s string) (want, not []phrase, err error) {
	if len(s) > maxQuery {
		return nil, nil, searchError("This search is too long.", "Give a few words.")
	}
	for _, term := range cutTerms(s) {
		p := phrase{prefix: term.prefix}
		for _, w := range text.Words(term.text) {
			p.words = append(p.words, w.Folded)
		}
		switch {
		case len(p.words) == 0:
		case term.not:
			not = append(not, p)
		default:
			want = append(want, p)
		}
	}
	switch {
	case len(want)+len(not) > maxTerms:
		err = searchError("This search has too many words.", "Give a few of them.")
	case len(want) == 0 && len(not) > 0:
		err = searchError("This search only says what to leave out.", "Give at least one word to look for.")
	case len(want) == 0:
		err = searchError("There is no word to search for.", `Try: search "arms deal" Libya -cricket.`)
	}
	return want, not, err
}

// term is one word or phrase of a search.
type term struct {
	text        string
	not, prefix bool
}

// cutTerms cuts a search at blanks outside quotation marks of any kind. A mark that is not closed
// reaches to the end.
func cutTerms(s string) []term {
	var out []term
	for {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		if s == "" {
			return out
		}
		var t term
		if rest, ok := strings.CutPrefix(s, "-"); ok {
			t.not, s = true, rest
		}
		if open, n := quoteAt(s); open {
			s = s[n:]
			end := strings.IndexFunc(s, isQuote)
			if end < 0 {
				end = len(s)
			}
			t.text, s = s[:end], s[end:]
			if closed, n := quoteAt(s); closed {
				s = s[n:]
			}
			if rest, ok := strings.CutPrefix(s, "*"); ok {
				t.prefix, s = true, rest
			}
		} else {
			end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isQuote(r) })
			if end < 0 {
				end = len(s)
			}
			t.text, s = s[:end], s[end:]
			t.prefix = strings.HasSuffix(t.text, "*")
		}
		out = append(out, t)
	}
}

// isQuote knows the marks that phones and editors make of ".
func isQuote(r rune) bool {
	switch r {
	case '"', '“', '”', '„', '«', '»', '＂':
		return true
	}
	return false
}

func quoteAt(s string) (bool, int) {
	for _, r := range s {
		return isQuote(r), len(string(r))
	}
	return false, 0
}

func searchError(text, hint string) error { return &bot.UserError{Text: text, Hint: hint} }
