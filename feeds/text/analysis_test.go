package text

import (
	"strings"
	"testing"
	"time"
)

func folded(s string) string {
	var out []string
	for _, w := range Words(s) {
		out = append(out, w.Folded)
	}
	return strings.Join(out, " ")
}

func TestWordsOfNewsAreCutAndFoldedAsReadersReadThem(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"Libya's arms-deal", "libya arms deal"},
		{"Libya’s Libya-Pakistan", "libya libya pakistan"},
		{"The U.S. and the U.A.E. agreed, e.g. with J.D.Vance", "the us and the uae agreed eg with jd vance"},
		{"signed.The deal at Reuters.com:now", "signed the deal at reuters com now"},
		{"l'Arabie d’armes qu'il aujourd'hui O'Brien don't", "arabie armes il aujourdhui obrien dont"},
		{"Türkiye'nin Türkiye’ye 2025'te Sana'a Shi'ite", "turkiye turkiye 2025 sanaa shiite"},
		{"İstanbul ISPARTA Diyarbakır ırmak", "istanbul isparta diyarbakir irmak"},
		{"Straße Øresund Łódź Þór naïve cœur", "strasse oresund lodz thor naive coeur"},
		{"Lib\u200bya Paki\u00adstan \u202bحفتر\u202c", "libya pakistan حفتر"},
		{"4.6 billion, 1,000 F-16s and JF-17", "4.6 billion 1,000 f 16s and jf 17"},
		{"حَفْتَر حفـــتر أسلحة اسلحه لیبیا ليبيا ١٢٣ ۱۲۳", "حفتر حفتر اسلحه اسلحه ليبيا ليبيا 123 123"},
		{"利比亚 武器", "利 比 亚 武 器"},
		{"リビアの ボリビア", "リビア の ボリビア"},
		{"リビア", "リビア"},
		{"리비아와 JF-17战机 UN은", "리비아와 jf 17 战 机 un 은"},
		{"ＵＳ ﬁnance", "us finance"},
		{"Йемен Ливией ёлка", "йемен ливией елка"},
		{"re\u0301sume\u0301 résumé", "resume resume"},
		{"हिंदी समाचार", "हिंदी समाचार"},
		{"arms_deal @haftar #Libya", "arms deal haftar libya"},
		{"… — ‘’ “” !?", ""},
	} {
		if got := folded(tc.in); got != tc.want {
			t.Errorf("%q\n got %q\nwant %q", tc.in, got, tc.want)
		}
	}
}

func TestAWordMeetsItsFormsInTheLanguageOfTheText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		query, form, lang string
		want              bool
	}{
		{"deal", "deals", "en", true},
		{"deals", "deal", "en", true},
		{"deal", "Deals", "", true},
		{"deal", "deals", "pt", false},
		{"Libya", "Libya's", "en", true},
		{"vente", "ventes", "fr", true},
		{"anlaşma", "anlaşmalar", "tr", true},
		{"Türkiye", "Türkiye'nin", "tr", true},
		{"Turkiye", "TÜRKİYE’DE", "", true},
		{"Пакистан", "Пакистаном", "ru", true},
		{"Ливия", "Ливией", "ru", true},
		{"ليبيا", "وليبيا", "ar", true},
		{"ليبيا", "بليبيا", "", true},
		{"باكستان", "لباكستان", "ar", true},
		{"باكستان", "وباكستان", "ar", true},
		{"باكستان", "باكستان", "ar", true},
		{"الجيش", "للجيش", "ar", true},
		{"جيش", "والجيش", "ar", true},
		{"مصر", "بمصر", "ar", true},
		{"ليبيا", "لیبیا", "ur", true},
		{"리비아", "리비아와", "ko", true},
		{"리비아", "볼리비아", "ko", false},
		{"Sana'a", "Sana'a", "tr", true},
		{"Pakistan", "Pakistan'a", "tr", true},
		{"Türkiye", "Türkiye'nin", "pt", true},
		{"Saada", "Sa'da", "en", false},
		{"AB", "AB'nin", "", true},
		{"arms", "arm", "en", true},
		{"Mali", "mal", "fr", false},
		{"Butan", "bu", "tr", false},
		{"ev", "evler", "tr", true},
		{"Куба", "Кубой", "ru", true},
		{"Mali", "Somali", "en", false},
		{"US", "us", "en", true},
	} {
		p, f := NewProbe(tc.query), newForm(tc.form, InflectionOf(tc.lang))
		if got := p.Matches(&f); got != tc.want {
			t.Errorf("%s meets %s in %q: %v, want %v", tc.query, tc.form, tc.lang, got, tc.want)
		}
	}
}

func TestOneHugeWordCostsNoMoreThanItsLength(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"a's", "a.", "'", "x", "ا", "ب", "ー", "ก", "a\u0301", "1,"} {
		var a Analyzer
		s := strings.Repeat(piece, 1<<20/len(piece))
		start := time.Now()
		a.Append(nil, s, AnyInflection)
		if d := time.Since(start); d > time.Minute {
			t.Errorf("1 MB of %q took %v", piece, d)
		}
	}
}

func TestForgottenFormsAreFoundAgain(t *testing.T) {
	t.Parallel()
	var a Analyzer
	stem := func() uint64 { return a.Form(a.Append(nil, "drones", AnyInflection)[0].Form).Stem }
	want, epoch := stem(), a.Epoch()
	a.Forget()
	if a.Forms() != 0 || a.Epoch() == epoch {
		t.Errorf("%d forms are left, in epoch %d after %d", a.Forms(), a.Epoch(), epoch)
	}
	if got := stem(); got != want {
		t.Errorf("the stem was %x and is %x", want, got)
	}
}
