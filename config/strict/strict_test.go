package strict_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/config/strict"
)

type feed struct {
	Name     string        `yaml:"name" strict:"required"`
	URL      string        `yaml:"url"`
	Interval time.Duration `yaml:"interval" strict:"min=1m,max=7d"`
	Limit    int           `yaml:"limit" strict:"min=1,max=500"`
	Full     bool          `yaml:"full"`
	Tags     []string      `yaml:"tags"`
	Share    float64       `yaml:"share" strict:"min=0,max=1"`
}

type file struct {
	Version  string                 `yaml:"version"`
	Keywords []string               `yaml:"keywords"`
	Feeds    []feed                 `yaml:"feeds"`
	Lists    strict.Map[[]string]   `yaml:"lists"`
	Query    strict.Located[string] `yaml:"query"`
	Any      map[string]feed        `yaml:"any"`
	Slack    strict.Raw             `yaml:"slack"`
}

// Every row is a file and everything that is wrong with it.
var broken = []struct{ name, in, want string }{
	{"empty file", "", "f.yaml:1:1: the file is empty (an editor may have cut it; delete the file if that is what you want)"},
	{"blank file", " \n\n", "f.yaml:1:1: the file is empty (an editor may have cut it; delete the file if that is what you want)"},
	{"comments only", "# nothing\n", "f.yaml: the file holds nothing but comments (delete it if that is what you want)"},
	{"unknown key", "version: 1\nkeyword: [a]\n", `f.yaml:2:1: unknown key "keyword" (did you mean keywords?)`},
	{"unknown nested key", "feeds:\n  - name: a\n    urll: b\n", `f.yaml:3:5: unknown key "urll" (did you mean url?)`},
	{"nothing like it", "feeds: [{name: a, zzzzzzzz: 1}]\n", `f.yaml:1:19: unknown key "zzzzzzzz" (known here: name, url, interval, limit, full, tags, share)`},
	{"duplicate key", "version: x\nversion: y\n", `f.yaml:2:1: the key "version" is given twice (first on line 1)`},
	{"duplicate in a map", "lists:\n  a: [x]\n  a: [y]\n", `f.yaml:3:3: the key "a" is given twice (first on line 2)`},
	{"second document", "version: a\n---\nversion: b\n", "f.yaml:2:1: a second document begins here (one file holds one document: take the line --- out or use two files)"},
	{"tab", "feeds:\n\t- name: y\n", "f.yaml:2:1: a tab in the indentation (YAML indents with blanks only)"},
	{"merge conflict", "version: a\n<<<<<<< HEAD\nkeywords: [a]\n=======\nkeywords: [b]\n>>>>>>> other\n", "f.yaml:2:1: unresolved merge conflict (keep one side and delete the marker lines)"},
	{"self alias", "keywords: &a [*a]\n", `f.yaml:1:15: the anchor "a" contains itself`},
	{"invalid UTF-8", "version: a\nkeywords: [\"caf\xe9\"]\n", "f.yaml:2:16: the byte 0xe9 is not UTF-8 (save the file as UTF-8)"},
	{"NUL", "version: a\x00b\n", "f.yaml:1:11: the file holds a NUL byte (is it UTF-16 or no text at all? save it as UTF-8)"},
	{"control character", "version: a\nquery: b\x10c\n", "f.yaml:2:9: the control character U+0010 has no place in a text file (delete it)"},
	{"UTF-16", "\xff\xfev\x00e\x00", "f.yaml:1:1: the file is UTF-16 (save it as UTF-8)"},
	{"unclosed list", "version: a\nkeywords: [a, b\nquery: x\n", "f.yaml:2: not YAML: did not find expected ',' or ']' (a [ without its ]?)"},
	{"number without unit", "feeds:\n- {name: a, interval: 5}\n", `f.yaml:2:23: the duration "5" has no unit (write 5m for minutes, 5s for seconds, 5h for hours, 5d for days)`},
	{"negative duration", "feeds:\n- {name: a, interval: -5m}\n", `f.yaml:2:23: "-5m" is out of range (from 1m to 7d)`},
	{"zero duration", "feeds:\n- {name: a, interval: 0s}\n", `f.yaml:2:23: "0s" is out of range (from 1m to 7d)`},
	{"nanosecond", "feeds:\n- {name: a, interval: 1ns}\n", `f.yaml:2:23: "1ns" is not a duration (write 90s, 30m, 1h30m, 7d or 2w)`},
	{"huge number", "feeds:\n- {name: a, limit: 99999999999999999999}\n", `f.yaml:2:20: "99999999999999999999" is out of range (from 1 to 500)`},
	{"octal", "feeds:\n- {name: a, limit: 010}\n", `f.yaml:2:20: expected a whole number, found "010" (a leading 0 means another number to some readers: leave it out)`},
	{"quoted number", "feeds:\n- {name: a, limit: \"10\"}\n", `f.yaml:2:20: expected a whole number, found "10" (take the quotes away)`},
	{"fraction", "feeds:\n- {name: a, share: 1.5}\n", `f.yaml:2:20: "1.5" is out of range (from 0 to 1)`},
	{"not a boolean", "feeds:\n- {name: a, full: 1}\n", `f.yaml:2:19: expected true or false, found "1"`},
	{"text for a list", "keywords: a\n", `f.yaml:1:11: expected a list, found "a" (write [a])`},
	{"list for text", "version: [a]\n", `f.yaml:1:10: expected a single value, found a list`},
	{"text for a map", "any: a\n", `f.yaml:1:6: expected a map, found "a" (write key: value, one a line, indented)`},
	{"map for a list", "keywords:\n  a: b\n", `f.yaml:2:3: expected a list, found a map (begin each entry with "- ")`},
	{"whole file is a list", "- a\n", `f.yaml:1:1: expected a map, found a list (write the list under a key)`},
	{"whole file is text", "hello\n", `f.yaml:1:1: expected a map, found "hello" (write key: value, one a line, indented)`},
	{"required", "feeds:\n- url: b\n- name: ''\n", "f.yaml:2:3: name is missing\nf.yaml:3:9: name is missing"},
	{"empty entry", "keywords:\n- a\n-\n", "f.yaml:3:2: an empty entry in a list (write the value or delete the line)"},
	{"tag", "version: !foo a\n", `f.yaml:1:10: the tag "!foo" has no meaning here (leave it out)`},
	{"key that is a list", "[a]: b\n", `f.yaml:1:1: a key must be a single word`},
	{"indentation", "feeds:\n- name: a\n  url: b\n  tags: [c,\n    d]\n full: yes\n- name: b\n", "f.yaml:6: not YAML: did not find expected key (check quotes and indentation here and on the line before)"},
	{"unclosed quote", "version: a\nquery: 'x\nkeywords: [b]\n", "f.yaml:2: not YAML: found unexpected end of stream"},
	{"colon in text", "version: a: b\n", "f.yaml:1: not YAML: mapping values are not allowed in this context (put text that holds a colon in quotes, and check the indentation)"},
	{"at sign", "query: @libya\n", "f.yaml:1: not YAML: found character that cannot start any token (text that begins with @, ` or % needs quotes)"},
	{"token in the wrong place", "feeds: xoxb-1-2-abc\n", `f.yaml:1:8: expected a list, found [secret]`},
	{"several at once", "keyword: [a]\nfeeds:\n- {nam: b, limit: x}\nversion: [1]\n", `f.yaml:1:1: unknown key "keyword" (did you mean keywords?)
f.yaml:3:3: name is missing
f.yaml:3:4: unknown key "nam" (did you mean name?)
f.yaml:3:19: expected a whole number, found "x"
f.yaml:4:10: expected a single value, found a list`},
}

func TestEveryProblemIsNamedAtItsPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range broken {
		t.Run(tt.name, func(t *testing.T) {
			var f file
			if got := strict.Decode("f.yaml", []byte(tt.in), &f).Error(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestScalarsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	var f file
	in := "version: 010\nkeywords: [NO, 12:30:45, 1e3, yes, 0x1F, '~x', null, 2001-01-01, .inf]\nany:\n  NO: {name: 1_000, interval: 1h30m, full: yes}\n"
	if ps := strict.Decode("f.yaml", []byte(in), &f); ps != nil {
		t.Fatal(ps)
	}
	if got, want := fmt.Sprint(f.Version, f.Keywords, f.Any), "010[NO 12:30:45 1e3 yes 0x1F ~x null 2001-01-01 .inf] map[NO:{1_000  1h30m0s 0 true [] 0}]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBombsEndAtOnce(t *testing.T) {
	t.Parallel()
	bomb := "lists:\n  l0: &l0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 9; i++ {
		bomb += fmt.Sprintf("  l%d: &l%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*l%d,", i-1), 10))
	}
	type tree struct {
		Lists strict.Map[nested] `yaml:"lists"`
	}
	for name, tt := range map[string]struct{ in, want string }{
		"aliases": {bomb, "excessive aliasing"},
		"depth":   {"lists: {a: " + strings.Repeat("[", 200_000), "exceeded max depth"},
		"nesting": {"lists: {a: " + strings.Repeat("[", 90) + strings.Repeat("]", 90) + "}", "nested deeper than 64 levels"},
		"size":    {"lists: " + strings.Repeat("x", strict.MaxFile), "larger than 1024 KB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ps := strict.Decode("f.yaml", []byte(tt.in), new(tree))
			if !strings.Contains(ps.Error(), tt.want) {
				t.Errorf("got %.300s, want %s", ps.Error(), tt.want)
			}
			if len(ps) > 100 {
				t.Errorf("%d problems", len(ps))
			}
		})
	}
}

// nested is a list of lists of any depth.
type nested []nested

func (n *nested) DecodeStrict(node *strict.Node) {
	for item := range node.Items() {
		var inner nested
		item.Decode(&inner)
		*n = append(*n, inner)
	}
}

func TestOnlyRegularFilesAreRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo, zero, sparse := filepath.Join(dir, "fifo.yaml"), filepath.Join(dir, "zero.yaml"), filepath.Join(dir, "sparse.yaml")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip("no FIFO here:", err)
	}
	if err := os.Symlink("/dev/zero", zero); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(sparse)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(10 << 30); err != nil {
		t.Skip("no sparse files here:", err)
	}
	f.Close()
	for path, want := range map[string]string{
		fifo:                         "is not a regular file",
		zero:                         "is not a regular file",
		sparse:                       "is larger than 1024 KB (split it into several files)",
		dir:                          "is not a regular file but a folder",
		filepath.Join(dir, "absent"): "cannot be read: no such file or directory (is the path right, and relative to the right folder?)",
	} {
		if got := strict.Load(path, new(file)).Error(); got != path+": "+want {
			t.Errorf("got  %s\nwant %s: %s", got, path, want)
		}
	}
}

func TestOffsetsInsideTextHaveTheirPlace(t *testing.T) {
	t.Parallel()
	// Each file has the word HERE inside its query, and the query's offset of it must lead there.
	for name, in := range map[string]string{
		"plain":         "query: a AND HERE\n",
		"plain folded":  "query: a AND\n    b AND\n    HERE x\n",
		"single quoted": "version: x\nquery: 'it''s HERE'\n",
		"double quoted": `query: "a \"b\" \u0041 \t HERE"` + "\n",
		"quoted folded": "query: \"a AND\n  HERE\"\n",
		"literal":       "query: |\n  a AND\n  b HERE\n",
		"literal first": "query: |\n  HERE\n",
		"folded":        "query: >-\n  a AND\n  b AND\n  HERE\n",
		"not ASCII":     "query: \"ليبيا AND HERE\"\n",
		"flow map":      "{version: x, query: 'a AND HERE'}\n",
		"anchored":      "query: &q \"a AND HERE\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f file
			if ps := strict.Decode("f.yaml", []byte(in), &f); ps != nil {
				t.Fatal(ps)
			}
			at := f.Query.At(strings.Index(f.Query.Value, "HERE"))
			lines := strings.Split(in, "\n")
			if at.Line < 1 || at.Line > len(lines) || !strings.HasPrefix(string([]rune(lines[at.Line-1] + "     ")[at.Col-1:]), "HERE") {
				t.Errorf("%q in %q leads to %s", f.Query.Value, in, at)
			}
		})
	}
}

func TestMergeKeysTakeOverAndGiveWay(t *testing.T) {
	t.Parallel()
	var f file
	in := "any:\n  a: &a {name: x, limit: 5}\n  b: {<<: *a, name: y}\n"
	if ps := strict.Decode("f.yaml", []byte(in), &f); ps != nil {
		t.Fatal(ps)
	}
	if b := f.Any["b"]; b.Name != "y" || b.Limit != 5 {
		t.Errorf("b is %+v", b)
	}
}

func TestMapKeepsOrderAndPlaces(t *testing.T) {
	t.Parallel()
	var f file
	if ps := strict.Decode("f.yaml", []byte("lists:\n  zeta: [a]\n  alpha: [b]\n"), &f); ps != nil {
		t.Fatal(ps)
	}
	if len(f.Lists) != 2 || f.Lists[0].Key.Value != "zeta" || f.Lists[1].Key.Pos().String() != "f.yaml:3:3" {
		t.Errorf("got %v", f.Lists)
	}
}

func TestDurationsKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "30m": 30 * time.Minute, "1h30m": 90 * time.Minute, "7d": 168 * time.Hour,
		"2w": 336 * time.Hour, "1.5h": 90 * time.Minute, "250ms": 250 * time.Millisecond, "0": 0, "-5m": -5 * time.Minute,
	} {
		d, err := strict.ParseDuration(text)
		if err != nil || d != want {
			t.Errorf("%s is %v, %v; want %v", text, d, err, want)
		}
		if again, err := strict.ParseDuration(strict.FormatDuration(d)); err != nil || again != d {
			t.Errorf("%s printed as %s is %v", text, strict.FormatDuration(d), again)
		}
	}
	for _, text := range []string{"", "5", "m", "5 m", "5min", "1h 30m", "1e9h", "99999999999999w", "∞", "-", "5.m"} {
		if d, err := strict.ParseDuration(text); err == nil {
			t.Errorf("%q is %v", text, d)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, tt := range broken {
		f.Add([]byte(tt.in))
	}
	f.Add([]byte("any:\n  a: &a {name: x}\n  b: {<<: [*a, *a]}\nquery: |2\n   x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var out file
		ps := strict.Decode("f.yaml", data, &out)
		for i := range len(out.Query.Value) + 2 {
			out.Query.At(i)
		}
		lines := 2
		for _, r := range string(data) {
			if strings.ContainsRune("\n\r\u0085\u2028\u2029", r) { // what YAML takes for a line break
				lines++
			}
		}
		for _, p := range ps {
			if p.Cause == "" || p.File != "f.yaml" || p.Line > lines || strings.ContainsAny(p.Error(), "\n\r\x00") || len([]rune(p.Cause)) > 200 {
				t.Errorf("a bad problem: %#v", p)
			}
		}
	})
}
