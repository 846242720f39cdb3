package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/story"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func ruleSet(t testing.TB, yaml string) *rules.Set {
	t.Helper()
	r, err := rules.Parse("rules.yaml", []byte(yaml), rules.Options{Notify: []string{"console"}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Set()
}

// desk is a rule set with a memory, and a day that goes by.
type desk struct {
	t   *testing.T
	set *rules.Set
	m   *bot.Memory
	now time.Time
	key int64
}

func newDesk(t *testing.T, yaml string) *desk {
	m := bot.NewMemory(story.NewIndex(story.Options{}))
	d := &desk{t: t, set: ruleSet(t, yaml), m: m, now: noon}
	// What is usual in the news must be known before likeness means anything.
	for i := range 60 {
		d.plan(report("filler", fmt.Sprintf("Town council %d debates parking and libraries", i),
			fmt.Sprintf("The council of town number %d spoke about parking, libraries and the budget for schools on Monday. A decision is expected in spring, the mayor said.", i)))
	}
	return d
}

func report(outlet, title, text string) bot.Fresh {
	return bot.Fresh{Item: feeds.Item{
		ID: outlet + title, Feed: outlet, URL: "https://" + outlet + ".example/" + strings.ReplaceAll(title, " ", "-"),
		Title: title, Text: text, Language: "en",
	}}
}

func (d *desk) plan(items ...bot.Fresh) bot.Batch {
	d.t.Helper()
	for i := range items {
		d.key++
		items[i].Key, items[i].Seen = d.key, d.now
		if items[i].Published.IsZero() {
			items[i].Published = d.now
		}
	}
	b := bot.Plan(d.set, d.m, items, d.now)
	if len(b.Placed) != len(items) {
		d.t.Fatalf("%d items placed of %d", len(b.Placed), len(items))
	}
	d.now = d.now.Add(10 * time.Minute)
	return b
}

func kinds(b bot.Batch) string {
	var out []string
	for _, d := range b.Deliveries {
		out = append(out, string(d.Kind)+" "+string(d.Room))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

const oneWatch = `watches: [{id: jets, match: "jets AND libya"}]`

var (
	first = report("lantern", "Libya to buy twelve jets from Pakistan",
		"Libya will buy twelve fighter jets from Pakistan, the commander in Benghazi said on Monday after talks at the air base. The contract was signed in Rawalpindi. Pilots will train for a year before the jets arrive in the east.")
	reworded = report("ledger", "Pakistan sells Libya a dozen fighter jets",
		"A dozen fighter jets will go from Pakistan to Libya under a contract signed in Rawalpindi, the commander in Benghazi said after talks at the air base on Monday. Pilots train for a year before the jets arrive.")
	newFact = report("courier", "Libya jets deal worth $900 million, Pakistan says",
		"The contract for twelve fighter jets that Pakistan sells to Libya is worth $900 million, the ministry in Islamabad said. It was signed in Rawalpindi after talks of the commander from Benghazi at the air base; pilots train for a year.")
	other = report("gazette", "Bakery wins bread prize in Lyon", "A bakery in Lyon won the prize for the best bread of the region. The jury praised the crust and the long fermentation of the dough, and the queue on Saturday was long.")
)

func TestOneEventIsOneMessageHoweverManyReport(t *testing.T) {
	t.Parallel()
	d := newDesk(t, oneWatch)
	if got := kinds(d.plan(first, other)); got != "new console" {
		t.Fatalf("the first report owes %q", got)
	}
	copied := report("harbour", first.Title, first.Text)
	b := d.plan(copied)
	if got := kinds(b); got != "edit console" {
		t.Errorf("a copy owes %q", got)
	}
	if b.Placed[0].Relation != "duplicate" {
		t.Errorf("a copy is %s", b.Placed[0].Relation)
	}
	if got := kinds(d.plan(newFact)); got != "edit console, update console" {
		t.Errorf("a new fact owes %q", got)
	}
}

func TestOneMessageServesAllWatchesOfARoom(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `watches:
  - {id: jets, match: "jets AND libya", notify: [console]}
  - {id: rawalpindi, match: rawalpindi, notify: [console, "slack:#pk"], priority: high}`)
	b := d.plan(first)
	if got := kinds(b); got != "new console, new slack:#pk" {
		t.Errorf("two watches owe %q", got)
	}
	if len(b.Alerts) != 2 || b.Alerts[0].Watch != "jets" || b.Alerts[1].Priority != "high" {
		t.Errorf("alerts are %+v", b.Alerts)
	}
	if g := b.Alerts[0].Reason.Groups; len(g) != 2 || g[0].Role != "title" || g[0].Evidence[0].Text == "" {
		t.Errorf("the reason is %+v", g)
	}
}

func TestBaselineIsNeverTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t, oneWatch)
	old := first
	old.Baseline = true
	b := d.plan(old)
	if len(b.Deliveries) != 0 || len(b.Alerts) != 0 {
		t.Fatalf("the baseline owes %q", kinds(b))
	}
	if b.Placed[0].Matches[0].Silent == "" {
		t.Error("the match does not say why it was not told")
	}
	if got := kinds(d.plan(reworded)); got != "new console" {
		t.Errorf("the first report after the baseline owes %q", got)
	}
}

func TestMutedStoryIsSilentUntilTheMuteEnds(t *testing.T) {
	t.Parallel()
	d := newDesk(t, oneWatch)
	id := d.plan(first).Placed[0].Story
	d.m.Mutes = []bot.Mute{{Story: id, By: "slack:U1", From: d.now, Until: d.now.Add(15 * time.Minute)}}
	b := d.plan(newFact)
	if len(b.Deliveries) != 0 {
		t.Errorf("a muted story owes %q", kinds(b))
	}
	if s := b.Placed[0].Matches[0].Silent; !strings.Contains(s, "slack:U1") {
		t.Errorf("the reason for silence is %q", s)
	}
	d.now = d.now.Add(time.Hour)
	later := report("post", "Libya jets: pilots leave for Pakistan on Friday",
		"The first pilots from Libya leave for Pakistan on Friday to train on the twelve fighter jets of the contract signed in Rawalpindi, the commander in Benghazi said at the air base. Turkish instructors join them in Sargodha.")
	if got := kinds(d.plan(later)); got != "edit console, update console" {
		t.Errorf("after the mute a new fact owes %q", got)
	}
}

func TestMutedWatchIsSilentInItsRoomOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `watches: [{id: jets, match: "jets AND libya", notify: [console, "slack:#b"]}]`)
	d.m.Mutes = []bot.Mute{{Watch: "jets", Room: "slack:#b", By: "x", From: d.now, Until: d.now.Add(time.Hour)}}
	if got := kinds(d.plan(first)); got != "new console" {
		t.Errorf("owes %q", got)
	}
}

func TestWatchWaitsToGatherSources(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `watches: [{id: jets, match: "jets AND libya", wait: 5m}]`)
	at := d.now
	b := d.plan(first)
	if due := b.Deliveries[0].NextTry; !due.Equal(at.Add(5 * time.Minute)) {
		t.Errorf("due %s after the report", due.Sub(at))
	}
}

func TestStoryOfOneOriginWaitsForTheSecond(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `watches: [{id: jets, match: "jets AND libya", min_origins: 2}]`)
	b := d.plan(first)
	if len(b.Deliveries) != 0 || !strings.Contains(b.Placed[0].Matches[0].Silent, "2 independent origins") {
		t.Fatalf("one origin owes %q: %q", kinds(b), b.Placed[0].Matches[0].Silent)
	}
	if b := d.plan(report("harbour", first.Title, first.Text)); len(b.Deliveries) != 0 {
		t.Errorf("a copy of one origin owes %q", kinds(b))
	}
	if got := kinds(d.plan(reworded)); got != "new console" {
		t.Errorf("the second origin owes %q", got)
	}
}

func TestBeyondTheBudgetComesOneRollup(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `watches: [{id: prizes, match: prize, budget: 1/day}]`)
	var all []bot.Delivery
	for _, it := range prizes {
		all = append(all, d.plan(it).Deliveries...)
	}
	var got []string
	keys := map[string]bool{}
	for _, x := range all {
		if !keys[x.Key] {
			keys[x.Key] = true
			got = append(got, string(x.Kind))
		}
	}
	if strings.Join(got, " ") != "new rollup" {
		t.Errorf("three prizes owe %v", got)
	}
}

func TestSameEventInAnotherLanguageIsToldInTheThread(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `
lists: {libya: [libya, libye], jets: [jets, avions]}
watches: [{id: jets, match: "@libya AND @jets"}]`)
	id := d.plan(first).Placed[0].Story
	french := report("courrier", "La Libye achète douze avions au Pakistan",
		"La Libye achètera douze avions de combat au Pakistan, a annoncé lundi le commandant de Benghazi. Les pilotes seront formés pendant un an avant la livraison des avions.")
	french.Language = "fr"
	b := d.plan(french)
	if got := kinds(b); got != "edit console, update console" {
		t.Fatalf("the French report owes %q", got)
	}
	for _, x := range b.Deliveries {
		if x.Story != id {
			t.Errorf("%s is about story %d, not %d", x.Kind, x.Story, id)
		}
		if x.Kind == bot.KindUpdate && !strings.Contains(x.News, "French") {
			t.Errorf("the news is %q", x.News)
		}
	}
	if b.Alerts[0].Under != id {
		t.Errorf("the alert is told under %d", b.Alerts[0].Under)
	}
}

func TestUpdatePolicyOfTheWatchIsKept(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		"thread": "edit console, update console", "edit": "edit console", "silent": "", "broadcast": "edit console, update console",
	} {
		d := newDesk(t, `watches: [{id: jets, match: "jets AND libya", update: `+policy+`}]`)
		d.plan(first)
		b := d.plan(newFact)
		if got := kinds(b); got != want {
			t.Errorf("%s owes %q, want %q", policy, got, want)
		}
		for _, x := range b.Deliveries {
			if x.Broadcast != (policy == "broadcast" && x.Kind == bot.KindUpdate) {
				t.Errorf("%s: %s has broadcast %v", policy, x.Kind, x.Broadcast)
			}
		}
	}
}

func TestPlanIsAFunctionOfItsArguments(t *testing.T) {
	t.Parallel()
	run := func() string {
		d := newDesk(t, oneWatch)
		var out []string
		for _, it := range []bot.Fresh{first, other, reworded, newFact} {
			out = append(out, fmt.Sprintf("%+v", d.plan(it)))
		}
		return strings.Join(out, "\n")
	}
	if a, b := run(), run(); a != b {
		t.Errorf("two runs differ:\n%s\n\n%s", a, b)
	}
}

func TestCorrectionIsToldOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, oneWatch)
	d.plan(first)
	d.plan(newFact)
	old := newFact
	old.Key = d.key
	changed := newFact
	changed.Text = strings.Replace(newFact.Text, "$900 million", "$700 million", 1)
	changed.Title = newFact.Title
	changed.Item.Revises, changed.Revises = old.Key, &old.Item
	b := d.plan(changed)
	if got := kinds(b); got != "edit console, update console" || b.Placed[0].Kind != "correction" {
		t.Fatalf("a corrected report owes %q and is %q", got, b.Placed[0].Kind)
	}
	again := changed
	again.Text += " The ministry published the contract's annex on Tuesday."
	if got := kinds(d.plan(again)); strings.Contains(got, "update") {
		t.Errorf("the same correction again owes %q", got)
	}
}

func TestNewsAfterADayOfSilenceIsShownInTheRoom(t *testing.T) {
	t.Parallel()
	d := newDesk(t, oneWatch)
	d.plan(first)
	soon := d.plan(newFact)
	d.now = d.now.Add(30 * time.Hour)
	late := d.plan(report("post", "Libya jets: pilots leave for Pakistan",
		"The first pilots from Libya left for Pakistan to train on the twelve fighter jets of the contract signed in Rawalpindi, the commander in Benghazi said at the air base. Turkish instructors join them in Sargodha."))
	for name, b := range map[string]bot.Batch{"soon": soon, "late": late} {
		for _, x := range b.Deliveries {
			if x.Kind == bot.KindUpdate && x.Broadcast != (name == "late") {
				t.Errorf("%s: broadcast is %v", name, x.Broadcast)
			}
		}
		if !strings.Contains(kinds(b), "update") {
			t.Errorf("%s owes %q", name, kinds(b))
		}
	}
}
