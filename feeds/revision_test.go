package feeds

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"
)

const reported = "Security forces closed the road to the airport on Monday after an explosion near the market that killed 12 people, the ministry said. " +
	"Rescue teams were still searching the rubble in the evening, and hospitals in the capital asked for blood. " +
	"The government promised compensation of 4 billion dinars to the families and called a session for Tuesday."

func report(title, text string) Item {
	return Item{ID: "tag:wire,7", URL: "https://wire.test/news/7", Title: title, Text: text}
}

func TestAMaterialChangeIsARevisionAndNothingElseIs(t *testing.T) {
	t.Parallel()
	const title = "Explosion near market kills 12"
	cases := []struct {
		name string
		to   Item
		want int
	}{
		{"nothing", report(title, reported), 0},
		{"punctuation and case", report("Explosion, near market; kills 12!", strings.ToUpper(reported[:40])+reported[40:]), 0},
		{"typography", report("Explosion near market kills 12", strings.ReplaceAll(reported, "-", "–")), 0},
		{"by-line put in front", report(title, "By our staff. "+reported), 0},
		{"read more at the end", report(title, reported+" Read more on our site."), 0},
		{"comments counted", report(title, reported+" 35 comments. 3 hours ago."), 0},
		{"clock put in front", report(title, "16:05 "+reported), 0},
		{"a typing error", report(title, strings.Replace(reported, "rubble", "ruble", 1)), 0},
		{"another title", report("Explosion near market kills dozens", reported), 1},
		{"another toll", report(title, strings.Replace(reported, "killed 12", "killed 31", 1)), 1},
		{"another amount", report(title, strings.Replace(reported, "4 billion", "3 billion", 1)), 1},
		{"another text", report(title, "The ministry withdrew its statement about the incident and said that 12 workers had died when a gas line burst during repairs; nobody has claimed responsibility and no attack is suspected any longer by investigators from the capital."), 1},
	}
	for _, c := range cases {
		var r remember
		first := r.poll(&Poll{Items: []Item{report(title, reported)}, Article: ArticleNever})
		if first.Fresh != 1 {
			t.Fatalf("first: %+v", first)
		}
		d := r.poll(&Poll{Items: []Item{c.to}, Article: ArticleNever})
		if d.Revised != c.want || d.Fresh != 0 {
			t.Errorf("%s: %d revised, %d fresh, want %d revised", c.name, d.Revised, d.Fresh, c.want)
		}
		if c.want == 1 && (d.New[0].Item.Revises != 1 || d.New[0].Stage != StageFresh) {
			t.Errorf("%s: %+v", c.name, d.New[0])
		}
		if again := r.poll(&Poll{Items: []Item{c.to}}); again.Revised != 0 {
			t.Errorf("%s: revised again by the same document", c.name)
		}
	}
}

func TestTwoNodesThatDifferAreOneRevision(t *testing.T) {
	t.Parallel()
	var r remember
	a, b := report("Explosion near market", reported), report("Blast hits market", reported)
	want := []int{0, 1, 0, 0, 0}
	for i, it := range []Item{a, b, a, b, a} {
		if d := r.poll(&Poll{Items: []Item{it}}); d.Revised != want[i] {
			t.Errorf("poll %d: %d revised, want %d", i, d.Revised, want[i])
		}
	}
}

func TestAChangeOfABaselineItemStaysSilent(t *testing.T) {
	t.Parallel()
	var r remember
	r.poll(&Poll{First: true, Items: []Item{report("Explosion near market", reported)}})
	d := r.poll(&Poll{Items: []Item{report("Blast hits market", reported)}})
	if d.Revised != 1 || d.New[0].Stage != StageBaseline || d.Fresh+d.Waiting != 0 {
		t.Errorf("%+v", d)
	}
}

func TestATextThatNeverStandsStillIsNotStoredForEver(t *testing.T) {
	t.Parallel()
	var r remember
	revised := 0
	for i := range 100 {
		revised += r.poll(&Poll{Items: []Item{report("Readers vote", reported+strings.Repeat(" again", i*40)+" "+strings.Repeat("x", i))}}).Revised
	}
	if revised > maxTextVersions {
		t.Errorf("%d revisions", revised)
	}
}

func TestAFeedThatMovedKeepsItsMemoryAndOneThatIsReplacedStartsAnew(t *testing.T) {
	t.Parallel()
	var r remember
	ten := entries(10, wireItem)
	r.poll(&Poll{First: true, Items: ten[:6]})
	if d := r.poll(&Poll{First: true, Items: ten[2:8], Article: ArticleNever}); d.Fresh != 2 || d.Baseline != 0 {
		t.Errorf("moved: %d fresh, %d baseline", d.Fresh, d.Baseline)
	}
	other := entries(20, func(i int) Item { return wireItem(i + 100) })
	if d := r.poll(&Poll{First: true, Items: other}); d.Fresh != 0 || d.Baseline != 20 {
		t.Errorf("replaced: %d fresh, %d baseline", d.Fresh, d.Baseline)
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"$4.5bn deal, 12 dead in 2025":       "12 2025 4.5",
		"at 16:05, 35 comments, 3 hours ago": "",
		"قتل ٣١ شخصا":                        "٣١",
		"12 and 12 again":                    "12",
		"no numbers":                         "",
		"€4bn, 5% and F-16s":                 "16 4 5",
	} {
		if got := strings.Join(amounts(s), " "); got != want {
			t.Errorf("amounts(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestSimilarTextsDifferInFewBits(t *testing.T) {
	t.Parallel()
	words := strings.Fields(foldedWords(reported))
	hash := similarityHash(strings.Join(words, " "))
	for _, n := range []int{1, 3, len(words) / 2, len(words)} {
		other := slices.Clone(words)
		for i := range n {
			other[i] = "other" + strings.Repeat("z", i)
		}
		d := bits.OnesCount64(uint64(hash ^ similarityHash(strings.Join(other, " "))))
		if same := d < textChanged; same != (n <= 3) {
			t.Errorf("%d of %d words differ: %d bits", n, len(words), d)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("tag:1", "https://wire.test/a?id=1#x", "Title", "Text", "tag:2", "http://[::1", "ＴＩＴＬＥ", "\xff\x00")
	f.Add("", "", "", "", "", "", "", "")
	f.Add("http://", "//", "?", "&=&", "https://a.b/?&&=", "HTTP://WWW.A.B:80/", "İ", "ß")
	f.Fuzz(func(t *testing.T, id1, link1, title1, text1, id2, link2, title2, text2 string) {
		items := []Item{{ID: id1, URL: link1, Title: title1, Text: text1}, {ID: id2, URL: link2, Title: title2, Text: text2}}
		var r remember
		first := r.poll(&Poll{Items: items, Article: ArticleNever})
		if first.Fresh < 1 || len(first.New)+first.Known != 2 {
			t.Fatalf("first poll: %+v", first)
		}
		for _, doc := range [][]Item{items, {items[1], items[0]}} {
			if d := r.poll(&Poll{Items: doc, Article: ArticleNever}); len(d.New) != 0 {
				t.Errorf("new when polled again: %+v", d.New)
			}
		}
	})
}

// A database after an update in which prints are made in another way: nothing is a correction, and
// the next one is noticed.
func TestPrintsThatAreGoneAreLearntAnew(t *testing.T) {
	t.Parallel()
	var r remember
	items := []Item{report("Explosion near market kills 12", reported), newsItem("g2", "https://wire.test/news/8", "A second report")}
	r.poll(&Poll{Items: slices.Clone(items), Article: ArticleNever})
	for id, k := range r.known {
		k.Prints = nil
		r.known[id] = k
	}
	items[0].Title = "Explosion near market kills 31"
	if d := r.poll(&Poll{Items: slices.Clone(items), Article: ArticleNever}); len(d.New) != 0 || len(d.Learnt) != 2 {
		t.Errorf("the first poll afterwards: %+v", d)
	}
	if d := r.poll(&Poll{Items: slices.Clone(items), Article: ArticleNever}); len(d.New) != 0 || len(d.Learnt) != 0 {
		t.Errorf("the second poll afterwards: %+v", d)
	}
	items[0].Title = "Explosion near market kills 33"
	if d := r.poll(&Poll{Items: slices.Clone(items), Article: ArticleNever}); d.Revised != 1 || len(d.Learnt) != 0 {
		t.Errorf("a correction afterwards: %+v", d)
	}
}

// What databases in use hold. Another key makes an item new, so keys have to stay as they are; where
// prints must be made in another way, a migration empties those that are stored (see
// store/migrations/sqlite/0002.sql).
func TestKeysAndPrintsStayAsDatabasesHoldThem(t *testing.T) {
	t.Parallel()
	items := []Item{
		report("Explosion near market kills 12", reported),
		{ID: "https://www.daftar.example/?p=71&utm_source=rss", URL: "http://daftar.example/2026/11/حفتر.html", Title: "حفتر يلتقي قائد الجيش الباكستاني",
			Text: "التقى المشير خليفة حفتر، في ٢٣ تشرين الثاني، قائد الجيش الباكستاني عاصم منير في روالبندي وبحثا صفقة بقيمة 4.6 مليار دولار."},
		{ID: "7f", URL: "https://chiragh.example/story.php?id=9&fbclid=x", Title: "فیلڈ مارشل عاصم منیر سے خلیفہ حفتر کی ملاقات", Text: "راولپنڈی میں ملاقات۔"},
		{ID: "https://gundogusu.example/haber/12", Title: "Hafter, İslamabad'da Münir'le görüştü: IŞIK", Text: "Ravalpindi'deki görüşme İstanbul'da da yankı buldu."},
		{URL: "https://meridian.example/a_b_c/", Title: "L’armée reçoit ﬁnalement Ｈａｆｔａｒ", Text: "Rencontre à 16:05, 3 200 hommes, 1,5 million d’euros."},
		{Text: "Only a few words, 12 of them or so, without a title, a link or an id."},
	}
	var got []string
	for _, id := range identify(items) {
		got = append(got, fmt.Sprintf("%x %x", id.keys, id.print))
	}
	want := []string{
		"[-1370f8619a7e4d02 7fc859c5834e2e82 55d64d1d5602effd] {-596f815458804eea 5b137f2e16514f8f -599e12fdf971d9dc}",
		"[393ddc6587882f18 30aeb613ddf8c37d -7c251b50b35a3dd7] {5c56c24b28454140 714a2e6f1dc05552 -3db6c9175df6df8f}",
		"[-28c2211b2ee537ca 3a86bc8127369b8e 224e689943c97e3b] {90ac4e31e413a10 -1c4f3bbd6703e3ec 0}",
		"[-4fdf8b01a5c15021 390fb75f6757bae0 -2a1b22cbe1f8e012] {1ca48166dbe872dc -1c4f3bbd6703e3ec 0}",
		"[b8e09cea479b32c -2676cf957a5aa2cd 6c0fd9ab1ab801cd] {3c792d2b2caccec7 39c44762149521ec -3f24eafd831f9bce}",
		"[1017b2355eab6d03 -9721bc62a102c8f -145a897c6dcbe1f9] {-1c4f3bbd6703e3ec 6b51d431df5d7f14 75464570665cc35f}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
