package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a tsvector: https://www.postgresql.org/docs/current/textsearch-limitations.html
const (
	maxPosition = 16383
	maxPlaces   = 255  // of one word
	maxLexeme   = 2046 // bytes
	maxVector   = 768 << 10
)

// lexemes are the words of a text for the full-text index: the runs of ASCII letters, digits and
// everything beyond ASCII, as SQLite's tokenizer cuts them.
func lexemes(folded string) []string {
	return strings.FieldsFunc(folded, func(r rune) bool {
		return r < utf8.RuneSelf && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	})
}

// vector writes words with their places as a tsvector. A gap keeps phrases from reaching out of the
// title into the text. When not every word can be placed, spelled holds the words in their order.
func vector(title, body []string) (lexemes, spelled string) {
	places := make(map[string][]int, len(title)+len(body))
	at, size, whole := 0, 0, true
	for _, part := range [][]string{title, body} {
		for _, w := range part {
			at++
			if len(w) > maxLexeme {
				w = strings.ToValidUTF8(w[:maxLexeme], "")
			}
			list, known := places[w]
			if !known {
				size += len(w) + 16
			}
			size += 6
			switch {
			case size > maxVector:
				whole = false
				continue
			case at > maxPosition || len(list) >= maxPlaces:
				whole = false
				if known {
					continue
				}
			}
			places[w] = append(list, min(at, maxPosition))
		}
		at++
	}
	var b strings.Builder
	for w, list := range places {
		b.WriteString("'" + w + "':")
		for i, n := range list {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteByte(' ')
	}
	if whole {
		return b.String(), ""
	}
	return b.String(), " " + strings.Join(title, " ") + " . " + strings.Join(body, " ") + " "
}

func indexLexemes(t *tx, key int64, title, body string) error {
	vec, spelled := vector(lexemes(t.words.folded(title)), lexemes(t.words.folded(body)))
	return t.do(`INSERT INTO words (rowid, lexemes, folded) VALUES (?, ?::text::tsvector, ?)`, key, vec, spelled)
}

// searchQuery is a condition on a row of words, with its arguments.
type searchQuery struct {
	where string
	args  []any
}

func (q *searchQuery) arg(v any) string {
	q.args = append(q.args, v)
	return "?" + strconv.Itoa(len(q.args))
}

// searchFor makes the condition. The index answers for words; for phrases it gives those that hold
// their words, of which the places, or what is spelled, are looked at then.
func searchFor(want, not []phrase) (q searchQuery, possible bool) {
	var words, exact, spelled []string
	hasPhrase := false
	add := func(p phrase, without bool) bool {
		var all []string
		for _, w := range p.words {
			all = append(all, lexemes(w)...)
		}
		if len(all) == 0 {
			return without // nothing is found by no word, and nothing left out
		}
		look := " " + strings.Join(all, " ")
		ops := make([]string, len(all))
		for i, w := range all {
			ops[i] = "'" + w + "'"
		}
		if p.prefix {
			ops[len(ops)-1] += ":*"
		} else {
			look += " "
		}
		not, notSpelled := "", " > 0"
		if without {
			not, notSpelled = "!", " = 0"
		}
		exact = append(exact, not+"("+strings.Join(ops, " <-> ")+")")
		if len(all) == 1 {
			words = append(words, not+ops[0])
			return true
		}
		hasPhrase = true
		if !without {
			words = append(words, ops...)
		}
		spelled = append(spelled, "strpos(folded, "+q.arg(look)+")"+notSpelled)
		return true
	}
	for _, p := range want {
		if !add(p, false) {
			return q, false
		}
	}
	for _, p := range not {
		add(p, true)
	}
	q.where = "lexemes @@ " + q.arg(strings.Join(words, " & ")) + "::text::tsquery"
	if hasPhrase {
		q.where += fmt.Sprintf(" AND CASE folded WHEN '' THEN lexemes @@ %s::text::tsquery ELSE %s END",
			q.arg(strings.Join(exact, " & ")), strings.Join(spelled, " AND "))
	}
	return q, true
}

// maxProbe is how many hits are collected by way of the index to find the newest of them. A search
// that has more finds the newest faster on a walk over the newest items.
const maxProbe = 2000

func lexemeHits(ctx context.Context, r *reader, want, not []phrase, limit int) (string, []any, error) {
	const none = `(SELECT 0::bigint AS item WHERE false)`
	q, possible := searchFor(want, not)
	if !possible || limit == 0 {
		return none, nil, nil
	}
	probe := q
	list, err := r.query(ctx, `SELECT rowid FROM words WHERE `+q.where+` LIMIT `+probe.arg(maxProbe+1), probe.args...)
	found, err := collect(list, err, scanID)
	if err != nil {
		return "", nil, err
	}
	if len(found) > maxProbe {
		return `(SELECT rowid AS item FROM words WHERE ` + q.where + ` ORDER BY rowid DESC LIMIT ` + q.arg(limit) + `)`, q.args, nil
	}
	keys, err := encode(found)
	if err != nil {
		return "", nil, err
	}
	return `(SELECT value AS item FROM json_each(?) AS found ORDER BY value DESC LIMIT ?)`, []any{keys, limit}, nil
}
