package bot

import (
	"strings"

	"github.com/tocsin-bot/tocsin/story/summary"
)

// factLine gives the key facts in one line; empty when there are none to speak of.
func factLine(f summary.Facts) string {
	var parts []string
	for _, values := range [][]string{clipList(names(f.People), 4), clipList(names(f.Organisations), 3), clipList(names(f.Places), 4), clipList(amounts(f.Amounts), 3)} {
		if len(values) > 0 {
			parts = append(parts, strings.Join(values, ", "))
		}
	}
	return strings.Join(parts, " · ")
}

func names(list []summary.Name) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.Text
	}
	return out
}

func amounts(list []summary.Amount) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.Text
	}
	return out
}

func dates(list []summary.Date) []string {
	out := make([]string, len(list))
	for i, d := range list {
		out[i] = d.Text
		if iso := d.String(); iso != d.Text {
			out[i] += " (" + iso + ")"
		}
	}
	return out
}

func clipList(s []string, n int) []string { return s[:min(len(s), n)] }
