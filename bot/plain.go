package bot

import "strings"

// PlainText gives m as a few lines of text without any markup: for logs, notifications and
// clients that show nothing else. Links are left out but for the title's.
func PlainText(m Message) string {
	var lines []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			lines = append(lines, s)
		}
	}
	add(m.Title)
	add(m.URL)
	for _, b := range m.Blocks {
		add(spanText(b.Spans))
		add(strings.Join(b.Header, " | "))
		for _, item := range b.Items {
			if b.Kind == Table {
				cells := make([]string, len(item))
				for i, cell := range item {
					cells[i] = cell.Text
				}
				add(strings.Join(cells, " | "))
				continue
			}
			add("• " + spanText(item))
		}
	}
	return strings.Join(lines, "\n")
}

func spanText(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// bareMessage is the least that m can be said with: for a platform that refuses the whole of it.
func bareMessage(m Message) Message {
	title := m.Title
	if title == "" {
		title, _, _ = strings.Cut(PlainText(m), "\n")
	}
	const most = 200
	if r := []rune(title); len(r) > most {
		title = string(r[:most-1]) + "…"
	}
	bare := Message{Title: title}
	if len(m.URL) <= 500 {
		bare.URL = m.URL
	}
	return bare
}
