package query_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules/query"
)

// role gives the role that a word plays in an item.
func role(t *testing.T, it *feeds.Item, word string) string {
	t.Helper()
	r, ok := mustCompile(t, word, nil).Match(query.NewDocument(it))
	if !ok {
		t.Fatalf("%q is not in %q", word, it.Text)
	}
	return r.Groups[0].Role.String()
}

func TestWhatFollowsAMarkerOfEarlierEventsIsBackground(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Something else happened here and there. ", 12)
	for _, tc := range []struct{ language, text, want string }{
		{"en", "Pakistan signed. In December, Libya said so.", "background"},
		{"en", "In December, Egypt spoke. Pakistan met Libya.", "lead"},
		{"en", "Libya signed, and in December Egypt spoke.", "lead"},
		{"en", "Ministers, who last year met in Libya, spoke.", "background"},
		{"en", "An arms deal has been signed with Libya.", "lead"},
		{"en", "In 2019 Libya bought tanks.", "background"},
		{"en", "In 2026 Libya buys tanks.", "lead"},
		{"en", "In June Libya buys tanks.", "lead"},
		{"fr", "Le Pakistan a signé. En décembre, la Libye parlait.", "background"},
		{"fr", "L'an dernier, la Libye parlait.", "background"},
		{"tr", "Pakistan imzaladı. Geçen yıl Libya konuştu.", "background"},
		{"ar", "وقعت باكستان. العام الماضي تحدثت ليبيا عن ذلك.", "background"},
		{"ur", "پاکستان نے کہا۔ گزشتہ سال لیبیا نے کہا۔", "background"},
		{"es", "Firmó. El año pasado Libia habló.", "background"},
		{"de", "Vertrag unterzeichnet. Im vergangenen Jahr sprach Libyen.", "background"},
		{"ru", "Подписано. В прошлом году Ливия говорила.", "background"},
	} {
		it := &feeds.Item{Language: tc.language, Text: tc.text, Published: time.Date(2026, 6, 3, 0, 0, 0, 0, time.UTC)}
		if got := role(t, it, "libya OR libye OR libia OR libyen OR ليبيا OR ливия"); got != tc.want {
			t.Errorf("%s %q: %s, want %s", tc.language, tc.text, got, tc.want)
		}
	}
	for word, want := range map[string]string{
		"alpha": "lead", "beta": "lead", "gamma": "body", "delta": "background", "omega": "background",
	} {
		it := &feeds.Item{Language: "en", Text: "Alpha came.\n\nBeta came.\n\n" + long + "Gamma came.\n\n" + long +
			"A pact had been signed with Delta. " + long + "\n\nOmega came."}
		if got := role(t, it, word); got != want {
			t.Errorf("%s plays %s, want %s", word, got, want)
		}
	}
}

func TestATextWhoseParagraphsWereLostLeadsWithItsFirstWords(t *testing.T) {
	t.Parallel()
	it := &feeds.Item{Language: "en", Text: "Alpha came. " + strings.Repeat("Words words words words words. ", 12) + "Beta came. " +
		strings.Repeat("Words words words words words. ", 40) + "Omega came."}
	for word, want := range map[string]string{"alpha": "lead", "beta": "body", "omega": "background"} {
		if got := role(t, it, word); got != want {
			t.Errorf("%s plays %s, want %s", word, got, want)
		}
	}
}
