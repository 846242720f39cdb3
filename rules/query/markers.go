package query

import (
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// markerWords are, by language: phrases that say that what follows in the sentence happened
// before the news; weak ones that say so only outside of the lead, where they may be the news
// ("the deal has been signed"); the words that stand before a month or a year; the months.
var markerWords = map[string]struct{ strong, weak, in, months string }{
	"en": {
		"previously, formerly, historically, last year, last month, last summer, last autumn, last winter, last spring, " +
			"a year ago, years ago, months ago, earlier this year, earlier in the year, a decade ago, decades ago, " +
			"in recent years, in recent months, in the past, over the past, for years, for decades, at the time, back in",
		"has been, have been, had been, has long, have long, had already, had previously",
		"in, since, during, until, from",
		"january february march april may june july august september october november december",
	},
	"fr": {
		"auparavant, precedemment, par le passe, l annee derniere, annee derniere, an dernier, mois dernier, " +
			"il y a un an, il y a plusieurs annees, ces dernieres annees, ces derniers mois, depuis des annees, a l epoque",
		"a ete, ont ete, avait ete, avaient ete, avait deja, avaient deja",
		"en, depuis, fin, debut, mi",
		"janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
	},
	"tr": {
		"daha once, onceden, gecmiste, gecen yil, gecen sene, gecen ay, gectigimiz yil, gectigimiz ay, yillar once, " +
			"aylar once, son yillarda, son aylarda, yillardir, o donemde, o zamanlar",
		"", "",
		"ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
	},
	"ar": {
		"سابقا, في السابق, من قبل, العام الماضي, السنه الماضيه, الشهر الماضي, قبل عام, قبل سنوات, قبل اشهر, " +
			"منذ سنوات, منذ عقود, في السنوات الاخيره, في الاشهر الاخيره, انذاك, في وقت سابق من العام",
		"كان قد, كانت قد, وكان, وكانت, سبق ان",
		"في, منذ, خلال, عام, سنه",
		"يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
	},
	"ur": {
		"اس سے قبل, اس سے پہلے, ماضي مين, گزشته سال, گزشته ماه, پچهلے سال, پچهلے ماه, كئي سال پہلے, حاليه برسون مين",
		"كيا جا چكا, رها هے",
		"",
		"جنوري فروري مارچ اپريل مئي جون جولائي اگست ستمبر اكتوبر نومبر دسمبر",
	},
	"es": {
		"anteriormente, previamente, en el pasado, el ano pasado, el mes pasado, hace un ano, hace anos, hace meses, " +
			"en los ultimos anos, en los ultimos meses, desde hace anos, en aquel momento, en su momento",
		"ha sido, han sido, habia sido, habian sido, ya habia, ya habian",
		"en, desde, durante",
		"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
	},
	"de": {
		"zuvor, fruher, bereits zuvor, in der vergangenheit, im vergangenen jahr, vergangenes jahr, letztes jahr, " +
			"im letzten jahr, im vergangenen monat, letzten monat, vor einem jahr, vor jahren, in den vergangenen jahren, " +
			"in den letzten jahren, seit jahren, damals",
		"worden war, worden waren, hatte bereits, hatten bereits",
		"im, seit, anfang, ende, mitte, jahr",
		"januar februar marz april mai juni juli august september oktober november dezember",
	},
	"ru": {
		"ранее, прежде, в прошлом, в прошлом году, в прошлом месяце, год назад, несколько лет назад, лет назад, " +
			"месяцев назад, в последние годы, в последние месяцы, в свое время, тогда",
		"", "в, с, до",
		"январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре",
	},
}

var allMarkers = func() map[string]*markers {
	all := make(map[string]*markers, len(markerWords))
	for lang, w := range markerWords {
		m := &markers{phrases: make(map[string][]marker), months: make(map[string]time.Month)}
		m.add(w.strong, false)
		m.add(w.weak, true)
		for _, word := range text.Words(w.in) {
			m.in = append(m.in, word.Folded)
		}
		for i, word := range text.Words(w.months) {
			m.months[word.Folded] = time.Month(i + 1)
		}
		all[lang] = m
	}
	return all
}()

func (m *markers) add(list string, weak bool) {
	for phrase := range strings.SplitSeq(list, ",") {
		var words []string
		for _, w := range text.Words(phrase) {
			words = append(words, w.Folded)
		}
		if len(words) > 0 {
			m.phrases[words[0]] = append(m.phrases[words[0]], marker{words, weak})
		}
	}
}
