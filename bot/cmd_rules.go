package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
)

const week = 7 * 24 * time.Hour

// watches lists the watches with what they did in a week.
func (d *Desk) watches(ctx context.Context, req *Request) (*Reply, error) {
	counts, err := d.Archive.WatchCounts(ctx, req.Now.Add(-week))
	if err != nil {
		return nil, err
	}
	set := d.Rules()
	table := Block{Kind: Table, Header: []string{"watch", "stories a week", "last", "title"}}
	for _, w := range set.Watches() {
		c := counts[w.ID]
		last := Text("never")
		if !c.Last.IsZero() {
			last = timeSpan(c.Last)
		}
		table.Items = append(table.Items, []Span{{Text: w.ID, Mono: true}, Text(fmt.Sprint(c.Stories)), last, Text(w.Title)})
	}
	if len(table.Items) == 0 {
		return &Reply{Message: Message{Blocks: []Block{Para(Text("There are no watches. An admin writes them into the rule files."))}}}, nil
	}
	return &Reply{Message: Message{Title: plural(len(table.Items), "watch") + ", rules " + set.Version(), Blocks: []Block{table}}}, nil
}

// watch tells about one watch.
func (d *Desk) watch(ctx context.Context, req *Request) (*Reply, error) {
	if len(req.Words) == 0 {
		return nil, userErrorf("`watches` lists them.", "Which watch?")
	}
	w := d.Rules().Watch(req.Words[0])
	if w == nil {
		return nil, d.unknownWatch(req.Words[0])
	}
	counts, err := d.Archive.WatchCounts(ctx, req.Now.Add(-week))
	if err != nil {
		return nil, err
	}
	m := Message{Title: w.Title}
	if w.Description != "" {
		m.Blocks = append(m.Blocks, Para(Text(w.Description)))
	}
	m.Blocks = append(m.Blocks, Block{Kind: Code, Spans: []Span{Text(w.Match)}})
	line := func(name, value string) {
		if value != "" {
			m.Blocks = append(m.Blocks, Small(Bold(name+": "), Text(value)))
		}
	}
	line("tells", strings.Join(w.Notify, ", "))
	priority := w.Priority.Default.String()
	for _, c := range w.Priority.When {
		priority += fmt.Sprintf("; %s when %s", c.Priority, c.Role)
	}
	line("priority", priority)
	line("owner", w.Owner)
	line("feeds", strings.Join(w.Feeds, ", "))
	line("languages", strings.Join(w.Languages, ", "))
	if w.Wait > 0 {
		line("waits", humanDuration(w.Wait)+" to gather sources")
	}
	if w.MinOrigins > 1 {
		line("needs", plural(w.MinOrigins, "independent origin"))
	}
	line("budget", w.Budget.String())
	for _, m := range w.Mute {
		line("quiet hours", quietHours(&m))
	}
	mutes, err := d.Archive.ActiveMutes(ctx, req.Now)
	if err != nil {
		return nil, err
	}
	for _, mute := range mutes {
		if mute.Watch == w.ID && (mute.Room == "" || mute.Room == req.Room) {
			m.Blocks = append(m.Blocks, Small(append([]Span{Bold("muted: ")}, muteSpans(&mute)...)...))
		}
	}
	c := counts[w.ID]
	line("this week", fmt.Sprintf("%s, %s", plural(c.Items, "item"), plural(c.Stories, "story")))
	line("written in", w.Pos.String())
	return &Reply{Message: m}, nil
}

// quietHours says when a watch holds its alerts back: "Sat, Sun 22:00 to 07:00 UTC: no desk".
func quietHours(m *rules.MuteTime) string {
	var b strings.Builder
	for i, day := range m.Days {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(day.String()[:3])
	}
	if len(m.Days) == 0 {
		b.WriteString("every day")
	}
	clock := func(d time.Duration) string { return time.Time{}.Add(d).Format("15:04") }
	fmt.Fprintf(&b, " %s to %s %s", clock(m.From), clock(m.To), cmp.Or(m.Zone, time.UTC))
	if !m.Until.IsZero() {
		b.WriteString(", until " + m.Until.UTC().Format("2 Jan 2006 15:04 UTC"))
	}
	if m.Reason != "" {
		b.WriteString(": " + m.Reason)
	}
	return b.String()
}

// feeds lists the feeds: failing ones first.
func (d *Desk) feeds(ctx context.Context, req *Request) (*Reply, error) {
	all, err := d.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	failing := countFailing(all)
	want := strings.ToLower(req.Args)
	shown := all
	if want == "failing" {
		shown = slices.DeleteFunc(slices.Clone(all), func(f FeedStatus) bool { return f.State.Failure == "" })
	} else if want != "" {
		shown = slices.DeleteFunc(slices.Clone(all), func(f FeedStatus) bool { return !strings.Contains(strings.ToLower(f.Feed.Name), want) })
	}
	slices.SortStableFunc(shown, func(a, b FeedStatus) int {
		return boolRank(b.State.Failure != "") - boolRank(a.State.Failure != "")
	})
	m := Message{Title: fmt.Sprintf("%s, %d failing", plural(len(all), "feed"), failing)}
	list := Block{Kind: List}
	const most = 40
	for _, f := range shown[:min(len(shown), most)] {
		list.Items = append(list.Items, feedSpans(f))
	}
	switch {
	case len(shown) == 0 && want == "failing":
		m.Blocks = append(m.Blocks, Para(Text("All feeds are well.")))
	case len(shown) == 0:
		m.Blocks = append(m.Blocks, Para(Text(fmt.Sprintf("No feed's name holds “%s”.", clip(want, 40)))))
	default:
		m.Blocks = append(m.Blocks, list)
	}
	if len(shown) == 1 {
		m.Blocks = append(m.Blocks, feedDetails(shown[0])...)
	}
	if n := len(shown) - most; n > 0 {
		m.Blocks = append(m.Blocks, Small(markCode(fmt.Sprintf("and %d more; `feeds NAME` finds one", n))...))
	}
	return &Reply{Message: m}, nil
}

func countFailing(all []FeedStatus) (n int) {
	for _, f := range all {
		n += boolRank(f.State.Failure != "")
	}
	return n
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func feedSpans(f FeedStatus) []Span {
	spans := []Span{Bold(f.Feed.Name), Text(" ")}
	s := f.State
	switch {
	case s.Stopped:
		return append(spans, Text("stopped: "+s.Detail))
	case s.Failure != "":
		spans = append(spans, Text("⚠ "+s.Detail+" — since "), timeSpan(s.FailingSince),
			Text(fmt.Sprintf(", %s; next try ", plural(s.Failures, "try"))), timeSpan(s.NextDue))
	case s.Polled.IsZero():
		spans = append(spans, Text("not polled yet"))
	default:
		spans = append(spans, Text("ok, polled "), timeSpan(s.Polled))
		if !s.LastNew.IsZero() {
			spans = append(spans, Text(", last new item "), timeSpan(s.LastNew))
		}
	}
	if s.Note != "" {
		spans = append(spans, Text(" — "+s.Note))
	}
	return spans
}

// feedDetails says what a feed is, and what to do when it fails. Its address may hold a secret, which
// is left out.
func feedDetails(f FeedStatus) (blocks []Block) {
	line := func(name, value string) {
		if value != "" {
			blocks = append(blocks, Small(Bold(name+": "), Text(value)))
		}
	}
	line("what to do", f.State.Failure.Hint())
	line("address", feeds.Redact(f.Feed.URL))
	line("outlet", f.Feed.OutletName())
	line("schedule", strings.TrimSpace(cmp.Or(f.Feed.Schedule, feeds.DefaultSchedule)+" "+f.Feed.TimeZone))
	line("tags", strings.Join(f.Feed.Tags, ", "))
	return blocks
}

const testMisses = 10 // watches that do not match and that `test` shows

// test tells what the watches make of a text, or of the page at a URL.
func (d *Desk) test(ctx context.Context, req *Request) (*Reply, error) {
	if req.Args == "" {
		return nil, userErrorf("`test Pakistan sells jets to Libya` or `test https://…`.", "What shall I test?")
	}
	it := &feeds.Item{ID: "test", Title: req.Args, Seen: req.Now}
	if url := strings.Trim(req.Args, "<>"); isURL(url) {
		if d.Article == nil {
			return nil, userErrorf("", "I cannot fetch pages here.")
		}
		fetched, err := d.Article(ctx, url)
		if err != nil {
			return nil, userErrorf("Paste the text after `test` instead.", "I could not read that page: %v.", err)
		}
		it = fetched
	}
	m := Message{Title: "Test: " + clip(it.Title, 120), Blocks: verdicts(d.Rules(), it, testMisses)}
	return &Reply{Message: m}, nil
}

// isURL says whether a word is the address of a page, bare or between < and >.
func isURL(word string) bool {
	word = strings.TrimPrefix(word, "<")
	return strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://")
}

// The titles of what `status` says.
const (
	WellTitle    = "All is well"
	TroubleTitle = "Something needs a look"
)

// status says whether all is well.
func (d *Desk) status(ctx context.Context, req *Request) (*Reply, error) {
	c, err := d.Archive.Counts(ctx, req.Now)
	if err != nil {
		return nil, err
	}
	all, err := d.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	failing := countFailing(all)
	set := d.Rules()
	list := Block{Kind: List}
	line := func(spans ...Span) { list.Items = append(list.Items, spans) }
	watches := "no watch"
	if n := len(set.Watches()); n > 0 {
		watches = plural(n, "watch") + ", rules " + set.Version()
	}
	line(Text(fmt.Sprintf("%s, %d failing; %s", plural(len(all), "feed"), failing, watches)))
	if failing == len(all) && failing > 1 {
		line(Bold("⚠ "), Text("every feed fails: is the network, or the name service, away?"))
	}
	line(Text(fmt.Sprintf("%s in %s; last item ", plural(c.Items, "item"), plural(c.Stories, "story"))), orNever(c.LastItem))
	line(Text(fmt.Sprintf("%s told; last ", plural(c.Alerts, "alert"))), orNever(c.LastAlert))
	if waiting := c.Fresh + c.AwaitingArticle; waiting > 0 {
		line(Text(fmt.Sprintf("%s to be looked at, %d of them waiting for their page", plural(waiting, "item"), c.AwaitingArticle)))
	}
	if owed := c.Due + c.Sending; owed > 0 {
		line(Text(plural(owed, "message")+" owed; the oldest since "), orNever(c.OldestDue))
	}
	if c.Parked > 0 {
		line(Bold("⚠ "), Text(plural(c.Parked, "message")+" parked: a room refuses us, the log and the admins' room say why"))
	}
	if c.Failed > 0 {
		line(Bold("⚠ "), Text(plural(c.Failed, "message")+" refused for what they hold"))
	}
	var troubles []string
	if d.Troubles != nil {
		troubles = d.Troubles()
	}
	for _, t := range troubles {
		line(Bold("⚠ "), Text(t))
	}
	program := fmt.Sprintf("database %.1f MB, version %s", float64(c.SizeBytes)/1e6, d.Version)
	if up := req.Now.Sub(d.started); up >= time.Second { // else this desk is there for one question
		program = "up " + humanDuration(up) + ", " + program
	}
	line(Text(program))
	title := WellTitle
	if failing > 0 || c.Parked > 0 || c.Failed > 0 || len(troubles) > 0 {
		title = TroubleTitle
	}
	return &Reply{Message: Message{Title: title, Blocks: []Block{list}}}, nil
}

func orNever(t time.Time) Span {
	if t.IsZero() {
		return Text("never")
	}
	return timeSpan(t)
}

// reload loads the rule files again.
func (d *Desk) reload(ctx context.Context, _ *Request) (*Reply, error) {
	if d.Reload == nil {
		return nil, userErrorf("", "The rules cannot be reloaded here.")
	}
	said, err := d.Reload(ctx)
	if err != nil {
		return nil, &UserError{Text: "The rules were not changed: " + err.Error(), Hint: "Mend the files and say `reload` again."}
	}
	return &Reply{Public: true, Message: Message{Blocks: []Block{Para(Text(said))}}}, nil
}
