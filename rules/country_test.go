package rules

import (
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules/query"
)

func TestEveryCountryHasAList(t *testing.T) {
	t.Parallel()
	// Codes that CLDR calls countries and ISO 3166 does not.
	exceptions := "AC AN CP CQ CS DG EA EU EZ FQ IC NT PC SU TA UN YU"
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			r, err := language.ParseRegion(code)
			if err != nil || !r.IsCountry() || r.String() != code || r.Canonicalize() != r || strings.Contains(exceptions, code) {
				continue
			}
			q, ok := Country(code)
			if !ok {
				t.Errorf("%s has no list", code)
				continue
			}
			if again, err := query.Parse(q.String()); err != nil || !again.Equal(q) {
				t.Errorf("%s does not survive printing: %v", code, err)
			}
		}
	}
	if n := len(Countries()); n < 249 {
		t.Errorf("%d countries", n)
	}
}

func TestCountriesAreFoundInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, language, yes, no string }{
		{"LY", "en", "Libya's east|Libyan forces|LIBYA|talks in Tripoli", "Liberia|Lydia"},
		{"LY", "fr", "en Libye|les forces libyennes|un général libyen", "liberté"},
		{"LY", "ar", "ليبيا|في ليبيا|بليبيا|الليبية|الجيش الليبي|طرابلس", "لبنان"},
		{"LY", "ur", "لیبیا|لیبیا کے|لیبیائی فوج", "لبنان"},
		{"LY", "tr", "Libya'da|Libya’nın doğusu|Libyalı komutan|Bingazi'de", "Lübnan"},
		{"LY", "es", "Libia|las fuerzas libias", "Líbano"},
		{"LY", "de", "Libyen|libysche Truppen|der Libyer", "Libanon"},
		{"LY", "ru", "Ливия|в Ливии|ливийские войска", "Ливан"},
		{"PK", "en", "Pakistan|Pakistani|Pakistan's|Islamabad", "Uzbekistan"},
		{"PK", "fr", "Pakistan|pakistanaise|pakistanais", "Afghanistan"},
		{"PK", "ar", "باكستان|لباكستان|الباكستاني|الباكستانية|إسلام آباد", "أفغانستان"},
		{"PK", "ur", "پاکستان|پاکستانی|پاکستان نے|راولپنڈی", "افغانستان"},
		{"PK", "tr", "Pakistan'ın|Pakistanlı|Pakistan", "Afganistan"},
		{"PK", "ru", "Пакистан|Пакистана|пакистанский", "Афганистан"},
		{"TR", "en", "Turkey|Türkiye|Turkiye|Turkish|Ankara|Turkey pardons 200 prisoners", "roast turkey with potatoes|Turkey Prices Rise Before Thanksgiving|The Turkey Pardon Explained|Storm Nears Turks and Caicos"},
		{"US", "en", "the US|U.S. officials|American|USA", "tell us more"},
		{"GE", "en", "Georgian Dream wins|Tbilisi|Georgia and Armenia agree|Georgia further from the EU|Turkish lorry overturns in Georgia", "Georgia Republicans sue over Atlanta ballots|Georgia beats Alabama|Georgia Tech lab studies Black Sea fish|Turkish consul visits Atlanta, Georgia"},
		{"JO", "en", "Jordanian king|Jordan opens Gaza corridor|drought in Jordan|Jordan urges truce in Sudan", "Michael Jordan retires|Jordan Spieth leads|Jordan Peterson speaks on Israel|Settlers and Palestinian farmers clash in Jordan Valley"},
		{"TD", "en", "Chad's junta|Chadian troops|floods in Chad|Chad takes in migrants", "Chad Smith on drums|hanging chad"},
		{"GN", "en", "Guinea's junta|Guinean miners|coup in Guinea", "Guinea-Bissau votes|Papua New Guinea quake|Equatorial Guinea|piracy in the Gulf of Guinea|Guinea Pigs Make Good Pets|the Bissau-Guinean army"},
		{"GN", "tr", "Gine'de darbe", "Papua Yeni Gine'de deprem"},
		{"GN", "ru", "переворот в Гвинее", "землетрясение в Папуа — Новой Гвинее"},
		{"MX", "en", "Mexico elects a judge|Mexican peso|a new Mexico strategy", "New Mexico's governor|drilling in the Gulf of Mexico"},
		{"MX", "es", "El presidente de México", "la gobernadora de Nuevo México"},
		{"US", "en", "America votes|American troops|North America trade", "Latin America's left|South American leaders|floods in Central America"},
		{"US", "es", "Estados Unidos", "cumbre de América Latina"},
		{"US", "ru", "Америка", "выборы в Латинской Америке"},
		{"US", "tr", "ABD'de seçim|Amerika", "Güney Amerika'da deprem"},
		{"GB", "en", "England|British soldiers|Wales votes|the new England coach", "snow in New England|fires in British Columbia|New South Wales floods"},
		{"IE", "en", "Ireland|Irish minister", "Northern Ireland's assembly|a Northern Irish court"},
		{"IN", "en", "India|Indian navy", "a cyclone in the Indian Ocean|American Indian art"},
		{"IN", "es", "India", ""},
		{"IN", "ru", "Индия", "шторм в Индийском океане"},
		{"DO", "en", "Dominican Republic|Dominican shortstop|Santo Domingo", "Dominican friars sell a library"},
		{"DM", "en", "Dominica's harbour|Roseau", "Dominican Republic|Dominican friars"},
		{"CN", "en", "Chinese|China", "Chino Hills fire|a pair of chinos"},
		{"CN", "es", "el gobierno chino|China", ""},
		{"NE", "en", "Niger's junta|Niamey", "oil spill in the Niger Delta|gunmen raid a school in Niger State"},
		{"NG", "en", "Nigeria|oil spill in the Niger Delta|Niger State", "Niger's junta"},
		{"BJ", "en", "Benin's parliament|Cotonou", "museum returns Benin Bronzes|a palace in Benin City"},
		{"NG", "en", "a palace in Benin City", "Benin's parliament"},
		{"CH", "en", "Swiss voters", "the Vatican's Swiss Guard"},
		{"VA", "en", "a Swiss Guard kneels", "Swiss voters"},
		{"DK", "en", "Danish|the Danes vote", "Claire Danes stars"},
		{"NO", "en", "Norwegian trawlers", "Norwegian Cruise Line"},
		{"BM", "en", "Bermuda", "the Bermuda Triangle"},
		{"LB", "en", "Lebanon|a new Lebanon truce", "a fair in Lebanon, Tennessee"},
		{"PS", "en", "Palestine", "derailment in East Palestine"},
		{"SV", "en", "El Salvador|Salvadoran", "a Salvador Dalí retrospective"},
		{"CH", "fr", "la Suisse", "la chute de Credit Suisse"},
		{"AE", "tr", "BAE ile anlaşma", "BAE Systems"},
		{"AE", "en", "UAE", "BAE wins a submarine order"},
		{"AF", "en", "Kabul", ""},
		{"ML", "en", "Mali's junta", ""},
		{"SD", "en", "Sudan's army|Darfur|refugees from Sudan and South Sudan", "South Sudan's president|the South Sudanese army"},
		{"SD", "fr", "au Soudan", "au Soudan du Sud"},
		{"ML", "ar", "باماكو", "الدعم المالي|مالي"},
		{"ML", "tr", "Mali'de darbe", "mali destek|Mali İşler Müdürü istifa etti"},
		{"TG", "ru", "Республика Того", "кроме того"},
		{"CL", "ur", "", "وہ چلی گئی"},
		{"SY", "ur", "دمشق", "کل شام"},
		{"CU", "ru", "на Кубе", "кубический метр"},
		{"AE", "en", "UAE|Emirati", "Emirates Stadium"},
		{"IS", "en", "Iceland's volcano|Icelandic", "a remote island|Rhode Island|islanders"},
		{"SY", "en", "Syria|Damascus", "Sam Altman speaks"},
		{"SY", "tr", "Şam'da|Suriyeliler", "Sam'ın evi"},
		{"KR", "fr", "Corée du Sud|sud-coréenne|Séoul", "il est seul|Seul contre tous"},
		{"GH", "es", "Ghana", "el equipo gana"},
		{"AF", "tr", "Kabil'de|Afganistan", "kabul etti|Kabul edildi"},
		{"BT", "tr", "Butan'da", "bu sabah|Bunun için"},
		{"SD", "tr", "Sudan'da|Sudanlı", "sudan çıkmış balık|şu anda"},
		{"GR", "tr", "Yunanistan|Atina'da", "gol attı"},
		{"UA", "ar", "أوكرانيا|كييف", "كيف حالك"},
		{"BJ", "ar", "دولة بنين", "بين البلدين"},
		{"GR", "ar", "واليونان|اليونانيون", "مليون"},
		{"TR", "ar", "تركيا|والتركية", "ترك المدينة|تركيز"},
		{"YE", "ar", "صنعاء|باليمن", "صنع القرار"},
		{"YE", "tr", "Yemen", "sana|20 sayı|Yok satan telefon"},
		{"YE", "en", "Sanaa|Sana'a|Sana’a", ""},
		{"LY", "ar", "الليبيين|بليبيا|لليبيا", "سفيان الطرابلسي|فيديو كليب"},
		{"DE", "en", "German|Berlin", "Deutsche Bank"},
		{"DE", "de", "die deutsche Regierung|Deutschlands", "eine undeutliche Aussage"},
		{"GD", "en", "Grenada|Grenadian", "a hand grenade"},
	} {
		q, ok := Country(tt.code)
		if !ok {
			t.Fatalf("%s has no list", tt.code)
		}
		c, err := query.Compile(q, nil)
		if err != nil {
			t.Fatal(err)
		}
		for want, titles := range map[bool]string{true: tt.yes, false: tt.no} {
			for title := range strings.SplitSeq(titles, "|") {
				r, got := c.Match(query.NewDocument(&feeds.Item{Title: title, Language: tt.language}))
				if title != "" && got != want {
					t.Errorf("@country.%s and %q in %s: %v, want %v %v", tt.code, title, tt.language, got, want, r.Groups)
				}
			}
		}
	}
}

func TestNameInsideAnotherPhraseLeavesTheOtherFieldToItself(t *testing.T) {
	t.Parallel()
	q, _ := Country("MX")
	c, err := query.Compile(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		title, text string
		want        bool
	}{
		{"Mexico sends divers", "They will work in the Gulf of Mexico.", true},
		{"Storm crosses the Gulf of Mexico", "Mexico closed its ports.", true},
		{"Storm crosses the Gulf of Mexico", "It will miss New Mexico.", false},
	} {
		if _, got := c.Match(query.NewDocument(&feeds.Item{Title: tt.title, Text: tt.text, Language: "en"})); got != tt.want {
			t.Errorf("@country.MX and %q, %q: %v", tt.title, tt.text, got)
		}
	}
}

func TestCountryWithOtherPhrasesStandsNearAWord(t *testing.T) {
	t.Parallel()
	mexico, _ := Country("MX")
	q, err := query.Parse("near(@country.MX, summit, 3)")
	if err != nil {
		t.Fatal(err)
	}
	c, err := query.Compile(q, query.Lists{"country.MX": {mexico}})
	if err != nil {
		t.Fatal(err)
	}
	for title, want := range map[string]bool{"Mexico hosts summit": true, "New Mexico hosts summit": false} {
		if _, got := c.Match(query.NewDocument(&feeds.Item{Title: title, Language: "en"})); got != want {
			t.Errorf("%q: %v", title, got)
		}
	}
}
