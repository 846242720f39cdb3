package rules

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/tocsin-bot/tocsin/rules/query"
)

// Format gives a rule file in the usual form: queries in the language's own spelling, line ends as
// on Unix, no blanks at the end of lines, no runs of blank lines. Comments, order and meaning stay,
// and a file that is in that form already comes back as it is.
func Format(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data))
	var lines []string
	block := false // in text that may end in blanks for a reason
	indent := 0
	for line := range strings.SplitSeq(strings.TrimRight(text, " \t\n"), "\n") {
		depth := len(line) - len(strings.TrimLeft(line, " "))
		if block && strings.TrimSpace(line) != "" && depth <= indent {
			block = false
		}
		if !block {
			line = formatMatch(strings.TrimRight(line, " \t"))
			if blockStart.MatchString(line) {
				block, indent = true, depth
			}
			if line == "" && len(lines) > 0 && lines[len(lines)-1] == "" {
				continue
			}
		}
		lines = append(lines, line)
	}
	return []byte(strings.TrimLeft(strings.Join(lines, "\n"), "\n") + "\n")
}

var (
	blockStart = regexp.MustCompile(`[:-]\s+[|>][-+0-9]*(\s+#.*)?$`)
	matchLine  = regexp.MustCompile(`^(\s*(?:- )?match:\s+)(?:'((?:[^']|'')*)'|([^'"|>&*!\s][^#]*?))(\s+#.*)?$`)
)

// formatMatch writes the query of a line as the language spells it.
func formatMatch(line string) string {
	m := matchLine.FindStringSubmatch(line)
	if m == nil {
		return line
	}
	source := strings.ReplaceAll(m[2], "''", "'")
	if m[3] != "" {
		source = m[3]
	}
	q, err := query.Parse(source)
	if err != nil {
		return line
	}
	canonical := q.String()
	if again, err := query.Parse(canonical); err != nil || !again.Equal(q) {
		return line
	}
	if m[3] != "" && plainQuery.MatchString(canonical) {
		return m[1] + canonical + m[4]
	}
	return m[1] + "'" + strings.ReplaceAll(canonical, "'", "''") + "'" + m[4]
}

// plainQuery is a query that YAML reads as text without quotes.
var plainQuery = regexp.MustCompile(`^[\p{L}(][\p{L}\p{N} ()"'’.-]*$`)
