package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds/realdata"
	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Each case is a text cut by "|" where a sentence ends.
var sentenceCases = []struct{ language, name, marked string }{
	{"en", "titles and initials", `Gen. J. F. Smith met Dr. Khan in St. Petersburg.| They signed a deal.`},
	{"en", "U.S. inside and at the end", `The U.S. Army bought U.S.-made jets.| Others left the U.S.| The deal is off.`},
	{"en", "decimals and sites", `It cost $4.6 billion, said example.com on Monday.| Shares rose 3.5 percent.`},
	{"en", "quotes", `"We signed."| He left.`},
	{"en", "question inside a sentence", `"Who signed?" he asked.| Nobody knew.`},
	{"en", "ellipsis", `It was ... well, late.| Then it ended...| Nobody spoke.`},
	{"en", "glued", `The deal was signed.|The minister left.`},
	{"en", "numbers of a list", "1. Libya buys jets|\n2. Pakistan sells them"},
	{"en", "hard-wrapped lines", "The deal was signed in\nthe capital.| It is worth a lot."},
	{"en", "paragraphs", "By Our Correspondent|\n\nThe deal was signed.|\n\nIt is worth a lot"},
	{"en", "company", `Acme Inc. said so.| Acme Inc.| The firm is large.`},
	{"fr", "guillemets", `« C'est fini ! » a-t-il dit.| M. Dupont est parti.| « Non. »| Il reste.`},
	{"fr", "abbreviations", `Mme Le Pen et M. Macron, av. J.-C. ou non, ont signé.| Fin.`},
	{"tr", "ordinals", `2. Dünya Savaşı'ndan sonra 19. yüzyıl bitti.| Prof. Dr. Ali Kaya A.Ş. için konuştu.| Sonra gitti.`},
	{"tr", "years end", `Anlaşma 2025.| Bakan açıkladı.`},
	{"ar", "doctor", `قال د. أحمد إن الصفقة تمت.| وأضاف أنها كبيرة!| هل تمت؟| نعم.`},
	{"ar", "glued", `تم توقيع الصفقة.|وأضاف الوزير أنها كبيرة.`},
	{"ur", "full stop", `معاہدے پر دستخط ہو گئے۔| کیا یہ بڑا ہے؟| ہاں۔`},
	{"ur", "glued", `معاہدہ ہو گیا۔|وزیر نے کہا۔`},
	{"de", "ordinals and abbreviations", `Der 3. Oktober, d.h. heute, kostet 3 Mio. Euro.| Ende.`},
	{"ru", "abbreviations", `В 2025 г. сделка стоила 4 млрд долл. США.| Это всё.`},
	{"", "unknown language", `Mr. Smith left.| The end.`},
}

func TestSentencesEndWhereAReaderWouldEndThem(t *testing.T) {
	t.Parallel()
	for _, c := range sentenceCases {
		t.Run(c.language+" "+c.name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, s := range strings.Split(c.marked, "|") {
				want = append(want, strings.TrimSpace(s))
			}
			s := strings.ReplaceAll(c.marked, "|", "")
			var got []string
			for _, p := range text.Sentences(s, c.language) {
				got = append(got, p.In(s))
			}
			if strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "|\n\t"), strings.Join(want, "|\n\t"))
			}
		})
	}
}

// The boundaries of 20 Turkish articles, as their 18 annotators were given them.
func TestSentencesOfTurkishNewsReachTheMeasuredF1(t *testing.T) {
	t.Parallel()
	var right, found, wanted int
	for _, doc := range realdata.Lines[struct {
		Text      string
		Sentences []string
	}](t, "eval/seg_tr.jsonl.xz") {
		ends, at := map[int]bool{}, 0
		for _, s := range doc.Sentences {
			i := strings.Index(doc.Text[at:], s)
			if i < 0 {
				t.Fatalf("sentence %q is not in its text", s)
			}
			at += i + len(s)
			ends[at] = true
		}
		wanted += len(ends)
		for _, p := range text.Sentences(doc.Text, "tr") {
			found++
			if ends[p.End] {
				right++
			} else {
				t.Logf("ends too early: …%s | %s", doc.Text[max(0, p.End-40):p.End], strings.ToValidUTF8(doc.Text[p.End:min(len(doc.Text), p.End+30)], ""))
			}
		}
	}
	f1 := 2 * float64(right) / float64(found+wanted)
	t.Logf("boundary F1 %.3f (%d right of %d found, %d wanted)", f1, right, found, wanted)
	if f1 < 0.965 {
		t.Errorf("boundary F1 %.3f, want at least 0.965", f1)
	}
}

func FuzzSentences(f *testing.F) {
	for _, c := range sentenceCases {
		f.Add(c.marked, c.language)
	}
	f.Add("...\n\n!?\u2028 \xff.A", "tr")
	f.Fuzz(func(t *testing.T, s, language string) {
		at := 0
		for _, p := range text.Sentences(s, language) {
			if p.Start < at || p.End <= p.Start || p.End > len(s) {
				t.Fatalf("span %v after byte %d of %d", p, at, len(s))
			}
			if gap := strings.TrimSpace(s[at:p.Start]); gap != "" && !strings.ContainsAny(gap, "•●▪■◆") {
				t.Fatalf("lost %q", gap)
			}
			if in := p.In(s); in != strings.TrimSpace(in) || utf8.ValidString(s) && !utf8.ValidString(in) {
				t.Fatalf("sentence %q", in)
			}
			at = p.End
		}
		if gap := strings.TrimSpace(s[at:]); gap != "" && !strings.ContainsAny(gap, "•●▪■◆") {
			t.Fatalf("lost %q at the end", gap)
		}
	})
}

func BenchmarkSentences(b *testing.B) {
	s := strings.Repeat("Gen. Smith met the U.S. envoy in Tripoli on Monday, officials said. They signed a $4.6 billion deal. ", 100)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		text.Sentences(s, "en")
	}
}

func TestStopWordsAreFoldedAndKeptByLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		word, language string
		want           bool
	}{
		{"the", "en", true}, {"the", "en-GB", true}, {"the", "fr", false}, {"libya", "en", false},
		{"etait", "fr", true}, {text.Fold("için"), "tr", true}, {text.Fold("إلى"), "ar", true},
		{text.Fold("کے"), "ur", true}, {text.Fold("über"), "de", true}, {"también", "es", false},
		{text.Fold("ещё"), "ru", true}, {"the", "xx", false},
	} {
		if got := text.Stop(c.word, c.language); got != c.want {
			t.Errorf("Stop(%q, %q) = %v", c.word, c.language, got)
		}
	}
}
