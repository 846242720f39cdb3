package text

import (
	"strings"
	"testing"
)

// headlines are bare titles, written for this test.
var headlines = map[string][]string{
	"en": {"Minister visits Benghazi as talks on the port begin", "Oil prices rise after surprise cut", "What we know about the earthquake",
		"Police arrest three men over museum theft", "Libya's eastern commander meets Pakistan's army chief"},
	"fr": {"Le ministre en visite à Benghazi pour des discussions", "Grève dans les transports : ce qui vous attend mardi",
		"Séisme : plusieurs morts dans le sud du pays", "Les prix du pétrole bondissent"},
	"tr": {"Bakan Bingazi'yi ziyaret etti", "Merkez Bankası faiz kararını açıkladı", "Deprem sonrası arama çalışmaları sürüyor",
		"Libya heyeti Ankara'da görüşmelerde bulundu", "Milli takım finale yükseldi"},
	"ar": {"الوزير يزور بنغازي لبحث التعاون", "ارتفاع أسعار النفط بعد قرار مفاجئ", "قائد الجيش الباكستاني يلتقي حفتر"},
	"ur": {"آرمی چیف سے لیبیا کے کمانڈر کی ملاقات", "تیل کی قیمتوں میں اضافہ", "وزیراعظم کا قوم سے خطاب"},
	"ru": {"Министр прибыл в Бенгази на переговоры", "Цены на нефть выросли после решения", "Землетрясение: что известно"},
	"de": {"Minister reist zu Gesprächen nach Bengasi", "Ölpreise steigen nach überraschender Entscheidung", "Was wir über das Erdbeben wissen"},
	"es": {"El ministro visita Bengasi para abrir conversaciones", "Los precios del petróleo suben tras la decisión", "Qué se sabe del terremoto"},
	"fa": {"وزیر خارجه ایران به بنغازی سفر کرد", "افزایش قیمت نفت پس از تصمیم غافلگیرکننده", "زلزله در جنوب کشور و آنچه می\u200cدانیم"},
	"hi": {"मंत्री ने बेंगाज़ी का दौरा किया", "तेल की कीमतों में बढ़ोतरी"},
	"zh": {"部长访问班加西讨论港口", "油价在意外减产后上涨"},
	"ja": {"大臣がベンガジを訪問、港について協議", "原油価格が上昇"},
	"ko": {"장관, 벵가지 방문해 항구 논의", "유가 상승"},
	"el": {"Ο υπουργός επισκέφθηκε τη Βεγγάζη", "Άνοδος στις τιμές του πετρελαίου"},
	"he": {"השר ביקר בבנגזי לדיון על הנמל", "מחירי הנפט עלו"},
	"uk": {"Міністр прибув до Бенгазі на переговори", "Ціни на нафту зросли після рішення"},
	"it": {"Il ministro in visita a Bengasi per i colloqui", "Sale il prezzo del petrolio dopo la decisione"},
	"pt": {"O ministro visita Bengasi para conversações", "Preços do petróleo sobem após decisão"},
}

func TestLanguageOfABareHeadlineIsTold(t *testing.T) {
	t.Parallel()
	for want, titles := range headlines {
		for _, title := range titles {
			if got := Language(title, ""); got != want {
				t.Errorf("%q is %q, want %q", title, got, want)
			}
		}
	}
}

func TestLanguageHintDecidesWhereTheTextDoesNotTell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, hint, want string }{
		{"Benghazi, Tripoli", "fr", "fr"},
		{"Benghazi, Tripoli", "", ""},
		{"2025: 4,000,000,000", "ur", "ur"},
		{"", "pt-BR", "pt-BR"},
		{"O ministro visita o porto para conversações", "pt-BR", "pt-BR"}, // the region is kept
		{"Le ministre en visite pour des discussions", "en-US", "fr"},     // the template lies
		{"आठ लोगों की मौत", "mr", "mr"},                                   // a script of several languages
		{"東京都知事選挙", "ja", "ja"},                                           // Han alone
		{"Apple Vision Pro 发布", "", "zh"},                                 // brands in Latin letters
		{"وزیر اعظم پاکستان کا Facebook Live پر خطاب", "en", "ur"},        // in a feed that says English
		{"Министр прибыл в Бенгази после переговоров и это был первый визит", "uk", "ru"}, // the words tell
		{"Minister reist zu Gesprächen nach Bengasi", "x-default", "de"},                  // no such language
		{strings.Repeat("the talks on the port ", 5000) + "le la les", "", "en"},          // a long text is sampled
	} {
		if got := Language(c.text, c.hint); got != c.want {
			t.Errorf("Language(%.40q, %q) = %q, want %q", c.text, c.hint, got, c.want)
		}
	}
}

func BenchmarkLanguageOfATitle(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Language("Libya's eastern commander meets Pakistan's army chief in Rawalpindi", "en")
	}
}
