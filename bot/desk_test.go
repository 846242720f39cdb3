package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
)

// counter is a desk over a store, with the answers that it gave.
type counter struct {
	*bot.Desk
	store *store.Store
	t     *testing.T
	n     int
}

func newCounter(t *testing.T, change func(*bot.DeskOptions)) *counter {
	s := openStore(t)
	set := ruleSet(t, `watches: [{id: jets, title: Jets to Libya, match: "jets AND libya"}, 
  {id: ports, match: port, mute: [{days: [sat, sun], from: "22:00", to: "07:00", zone: Europe/Berlin, reason: no desk}]}]`)
	o := bot.DeskOptions{
		Inbox: s, Archive: s, Log: quiet, Now: func() time.Time { return noon },
		Rules: func() *rules.Set { return set },
		Feeds: func(context.Context) ([]bot.FeedStatus, error) {
			return []bot.FeedStatus{
				{Feed: feeds.Feed{Name: "lantern"}, State: feeds.State{Polled: noon.Add(-time.Minute)}},
				{Feed: feeds.Feed{Name: "dead", URL: "https://u:secret@dead.test/rss?key=secret"}, State: feeds.State{Failure: "gone", Detail: "the server says 410 Gone", Failures: 3, FailingSince: noon.Add(-time.Hour)}},
			}, nil
		},
	}
	if change != nil {
		change(&o)
	}
	return &counter{Desk: bot.NewDesk(o), store: s, t: t}
}

// ask says text and gives the answer that is owed because of it; nil for none.
func (c *counter) ask(in bot.Incoming) *bot.Delivery {
	c.t.Helper()
	c.n++
	if in.Key == "" {
		in.Key = fmt.Sprintf("event %d", c.n)
	}
	if in.Room == "" {
		in.Room = "wall:a"
	}
	if in.User == "" {
		in.User = "wall:U1"
	}
	if err := c.Handle(c.t.Context(), in); err != nil {
		c.t.Fatal(err)
	}
	if err := c.AnswerAll(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	d, err := c.store.NextDelivery(c.t.Context(), in.Room, noon)
	if err != nil {
		c.t.Fatal(err)
	}
	if d != nil {
		if d, err = c.store.ClaimDelivery(c.t.Context(), d.Key, noon, noon.Add(time.Minute)); err != nil {
			c.t.Fatal(err)
		}
		d.State, d.Receipt = bot.StateSent, "receipt of "+d.Key
		if err := c.store.Settle(c.t.Context(), d); err != nil {
			c.t.Fatal(err)
		}
	}
	return d
}

func (c *counter) said(text string) string {
	c.t.Helper()
	d := c.ask(bot.Incoming{Text: text, Kind: bot.ByCommand})
	if d == nil {
		c.t.Fatalf("no answer to %q", text)
	}
	return bot.PlainText(*d.Message)
}

func TestCommandsAreUnderstoodAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	for text, want := range map[string]string{
		"":                         "latest [N]",
		"help":                     "latest [N]",
		"HELP mute":                "mute STORY|WATCH|this",
		"`help` watch":             "watch ID",
		"/help":                    "latest [N]",
		"watch jets":               "Jets to Libya",
		"watch\u00a0 jets ":        "Jets to Libya",
		"rules":                    "ports",
		"watch jts":                "Did you mean `jets`",
		"serach libya":             "Did you mean `search`",
		"xyzzy":                    "`help` lists",
		"search “arms deal”":       "Nothing in the archive",
		"latest":                   "There is no alert here yet",
		"latest many":              "no number from 1 to 50",
		"why":                      "There is no alert here yet",
		"why 77":                   "There is no story 77",
		"why 77777777777777777777": "There is no story",
		"mute":                     "What shall I mute?",
		"mute jets 2x":             "can't read the duration",
		"mute 2h":                  "What shall I mute for 2h?",
		"watch ort":                "Did you mean `ports`",
		"watch ports":              "quiet hours: Sat, Sun 22:00 to 07:00 Europe/Berlin: no desk",
		"help search":              "-cricket leaves items",
		"feeds failing":            "410 Gone",
		"feeds":                    "2 feeds, 1 failing",
		"feeds dead":               "what to do: it is not polled any more; give it a new address or remove it\naddress: https://dead.test/rss?key=…\noutlet: dead\nschedule: @every 10m",
		"feeds nowhere":            "No feed's name holds",
		"status":                   "Something needs a look",
		"mutes":                    "Nothing is muted here",
		"unmute jets":              "is not muted here",
		"test jets to Libya":       "would tell console",
		"test https://a.b/c":       "cannot fetch pages here",
		"test":                     "What shall I test?",
		"reload":                   "needs the role admin",
		"\x00\u202ehelp\u200b":     "latest [N]",
	} {
		if got := strings.ReplaceAll(c.said(text), "Did you mean jets", "Did you mean `jets`"); !strings.Contains(strings.ReplaceAll(got, "`", ""), strings.ReplaceAll(want, "`", "")) {
			t.Errorf("%q is answered with\n%s\nwithout %q", text, got, want)
		}
	}
}

func TestStatusTellsAnOutageFromFeedsThatFail(t *testing.T) {
	t.Parallel()
	down := feeds.State{Failure: "dns", Detail: "the host name cannot be resolved", FailingSince: noon}
	states := map[string]feeds.State{"lantern": down, "herald": down}
	c := newCounter(t, func(o *bot.DeskOptions) {
		o.Feeds = func(context.Context) (all []bot.FeedStatus, _ error) {
			for name, state := range states {
				all = append(all, bot.FeedStatus{Feed: feeds.Feed{Name: name}, State: state})
			}
			return all, nil
		}
	})
	const outage = "every feed fails"
	if got := c.said("status"); !strings.Contains(got, outage) || !strings.Contains(got, bot.TroubleTitle) {
		t.Errorf("while all feeds fail:\n%s", got)
	}
	states["herald"] = feeds.State{}
	if got := c.said("status"); strings.Contains(got, outage) {
		t.Errorf("while one of two fails:\n%s", got)
	}
}

func TestEventIsAnsweredOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	in := bot.Incoming{Key: "same", Text: "mute jets 2h", Kind: bot.ByCommand}
	if c.ask(in) == nil {
		t.Fatal("no answer")
	}
	if d := c.ask(in); d != nil {
		t.Errorf("answered again: %+v", d)
	}
	mutes, err := c.store.ActiveMutes(t.Context(), noon)
	if err != nil || len(mutes) != 1 {
		t.Errorf("%d mutes, %v", len(mutes), err)
	}
}

func TestWhatWasReceivedBeforeACrashIsAnsweredAfterIt(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	if _, err := c.store.Receive(t.Context(), bot.Incoming{Key: "before", Room: "wall:a", User: "wall:U1", Text: "watches", Kind: bot.ByCommand, Time: noon}); err != nil {
		t.Fatal(err)
	}
	if err := c.AnswerAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, err := c.store.NextDelivery(t.Context(), "wall:a", noon); err != nil || d == nil || !strings.Contains(bot.PlainText(*d.Message), "ports") {
		t.Errorf("owed %+v, %v", d, err)
	}
}

func TestAnswerGoesWhereItWasAsked(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	for _, test := range []struct {
		name       string
		in         bot.Incoming
		thread, to string
	}{
		{"a command in private", bot.Incoming{Text: "watches", Kind: bot.ByCommand, Private: true}, "", "wall:U1"},
		{"shared on purpose", bot.Incoming{Text: "watches --share", Kind: bot.ByCommand, Private: true}, "", ""},
		{"a change is public", bot.Incoming{Text: "mute jets", Kind: bot.ByCommand, Private: true}, "", ""},
		{"a mention opens a thread", bot.Incoming{Text: "watches", Kind: bot.ByMention, Message: "m1"}, "m1", ""},
		{"a reply stays in its thread", bot.Incoming{Text: "watches", Kind: bot.ByReply, Message: "m2", Thread: "root"}, "root", ""},
	} {
		d := c.ask(test.in)
		if d.Thread != test.thread || d.To != test.to {
			t.Errorf("%s: thread %q, to %q", test.name, d.Thread, d.To)
		}
	}
}

func TestStaleCommandIsAnsweredNotRun(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	d := c.ask(bot.Incoming{Text: "mute jets", Kind: bot.ByCommand, Time: noon.Add(-12 * time.Minute)})
	if got := bot.PlainText(*d.Message); !strings.Contains(got, "12 minutes ago") {
		t.Errorf("answered %q", got)
	}
	if mutes, _ := c.store.ActiveMutes(t.Context(), noon); len(mutes) != 0 {
		t.Error("it was run")
	}
}

func TestRolesDecideWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	role := bot.Stranger
	c := newCounter(t, func(o *bot.DeskOptions) {
		o.Role = func(context.Context, bot.Incoming) bot.Role { return role }
		o.Reload = func(context.Context) (string, error) { return "rules v2 active", nil }
	})
	for _, test := range []struct {
		role bot.Role
		text string
		want string // empty: no answer at all
	}{
		{bot.Stranger, "help", ""},
		{bot.Viewer, "watches", "jets"},
		{bot.Viewer, "mute jets", "needs the role member"},
		{bot.Member, "mute jets", "muted the watch jets"},
		{bot.Member, "reload", "needs the role admin"},
		{bot.Admin, "reload", "rules v2 active"},
	} {
		role = test.role
		d := c.ask(bot.Incoming{Text: test.text, Kind: bot.ByCommand})
		got := ""
		if d != nil {
			got = bot.PlainText(*d.Message)
		}
		if test.want == "" && d != nil || !strings.Contains(got, test.want) {
			t.Errorf("a %s who says %q hears %q", test.role, test.text, got)
		}
	}
}

func TestFailingCommandSaysSoWithoutItsCause(t *testing.T) {
	t.Parallel()
	c := newCounter(t, func(o *bot.DeskOptions) {
		o.Feeds = func(context.Context) ([]bot.FeedStatus, error) { return nil, errors.New("secret token xoxb-1") }
		o.Reload = func(context.Context) (string, error) { panic("poison") }
		o.Role = func(context.Context, bot.Incoming) bot.Role { return bot.Admin }
	})
	for _, text := range []string{"feeds", "reload"} {
		if got := c.said(text); !strings.Contains(got, "went wrong on my side") || strings.Contains(got, "xoxb") {
			t.Errorf("%s is answered with %q", text, got)
		}
	}
}

func TestReactionThatIsNoCommandIsNotAnswered(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	if d := c.ask(bot.Incoming{Text: "tada", Kind: bot.ByReaction}); d != nil {
		t.Errorf("answered %+v", d.Message)
	}
}

func TestTalkIsNoCommand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"why": true, "Why?": true, "mute this 2h": true, "`sources`": true, "": false, "  ": false, "I doubt it": false, "whyever not": false} {
		if got := bot.IsCommand(text); got != want {
			t.Errorf("%q is a command: %v", text, got)
		}
	}
}

func TestReactionOnWhatIsNoAlertMarksNothing(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	if d := c.ask(bot.Incoming{Text: "mute jets", Kind: bot.ByReaction, Thread: "help"}); d != nil {
		t.Errorf("answered %+v", d.Message)
	}
	if got := c.said("mutes"); !strings.Contains(got, "Nothing is muted") {
		t.Errorf("a reaction on something else muted: %q", got)
	}
}

func TestAnswersSayWhatTheCommandDid(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	for text, want := range map[string]bot.Outcome{"mute jets 2h": bot.Done, "watches": "", "mute nobody": bot.Refused, "sing": bot.Refused} {
		if d := c.ask(bot.Incoming{Text: text, Kind: bot.ByCommand}); d == nil || d.Message.Outcome != want {
			t.Errorf("%q: the answer is %+v, want the outcome %q", text, d, want)
		}
	}
}

func TestMuteAndUnmuteAreToldWithWhoAndUntilWhen(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	if got := c.said("mute jets 2h election night"); !strings.Contains(got, "wall:U1 muted the watch jets") || !strings.Contains(got, "14:00") || !strings.Contains(got, "election night") {
		t.Errorf("mute says %q", got)
	}
	if got := c.said("mutes"); !strings.Contains(got, "watch jets") || !strings.Contains(got, "election night") {
		t.Errorf("mutes says %q", got)
	}
	if got := c.said("unmute jets"); !strings.Contains(got, "unmuted the watch jets") {
		t.Errorf("unmute says %q", got)
	}
	if got := c.said("mutes"); !strings.Contains(got, "Nothing") {
		t.Errorf("then mutes says %q", got)
	}
}

func TestUnmuteWithoutAWordEndsTheOnlyMute(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	for _, step := range []struct{ say, want string }{
		{"unmute", "Nothing is muted here."},
		{"mute jets 2h", "muted the watch jets"},
		{"unmute", "unmuted the watch jets here"},
		{"mute jets 2h", "muted the watch jets"},
		{"mute ports 2h", "muted the watch ports"},
		{"unmute", "Which of the 2 mutes shall I end?"},
		{"unmute jets", "unmuted the watch jets"},
		{"unmute", "unmuted the watch ports"},
		{"mutes", "Nothing is muted here."},
	} {
		if got := c.said(step.say); !strings.Contains(got, step.want) {
			t.Errorf("%q is answered %q, without %q", step.say, got, step.want)
		}
	}
}

func TestCommandsOfARoomRunInTheOrderInWhichTheyWereSaid(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	for i, text := range []string{"mute jets 2h", "unmute jets", "mute jets 1h", "unmute jets"} {
		in := bot.Incoming{Key: fmt.Sprint(i), Room: "wall:a", User: "wall:U1", Text: text, Kind: bot.ByCommand, Time: noon}
		if err := c.Handle(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.AnswerAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		d, err := c.store.NextDelivery(t.Context(), "wall:a", noon)
		if err != nil || d == nil || d.Key != fmt.Sprintf("answer|%d", i) {
			t.Fatalf("answer %d is %+v, %v", i, d, err)
		}
		if said := bot.PlainText(*d.Message); !strings.Contains(said, "muted the watch jets here") {
			t.Errorf("answer %d: %s", i, said)
		}
		if d, err = c.store.ClaimDelivery(t.Context(), d.Key, noon, noon.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		d.State = bot.StateSent
		if err := c.store.Settle(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSlowCommandHoldsUpItsOwnRoomOnly(t *testing.T) {
	t.Parallel()
	fetching, fetched := make(chan struct{}), make(chan struct{})
	c := newCounter(t, func(o *bot.DeskOptions) {
		o.Article = func(ctx context.Context, url string) (*feeds.Item, error) {
			close(fetching)
			<-fetched
			return &feeds.Item{ID: url, Title: "a page"}, nil
		}
	})
	woken := make(chan struct{}, 10)
	c.Wake = func() { woken <- struct{}{} }
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	say := func(key string, room bot.Room, text string) {
		if err := c.Handle(ctx, bot.Incoming{Key: key, Room: room, User: "wall:U1", Text: text, Kind: bot.ByCommand}); err != nil {
			t.Error(err)
		}
	}
	say("slow", "wall:a", "test https://slow.example/1")
	<-fetching
	say("quick", "wall:b", "watches")
	<-woken // the other room is answered while the page is still on its way
	if d, err := c.store.NextDelivery(ctx, "wall:b", noon); err != nil || d == nil {
		t.Errorf("owed %+v, %v", d, err)
	}
	if d, err := c.store.NextDelivery(ctx, "wall:a", noon); err != nil || d != nil {
		t.Errorf("the slow room is owed %+v, %v", d, err)
	}
	close(fetched)
	<-woken
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func FuzzCommand(f *testing.F) {
	for _, s := range []string{"help", "mute this 2h", `search "a b" -c*`, "test \x00 https://x", "why 99999999999999999999"} {
		f.Add(s)
	}
	s, err := store.Open(context.Background(), f.TempDir()+"/f.db")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	set := ruleSet(f, `watches: [{id: jets, match: "jets AND libya"}]`)
	d := bot.NewDesk(bot.DeskOptions{Inbox: s, Archive: s, Log: quiet, Rules: func() *rules.Set { return set },
		Feeds: func(context.Context) ([]bot.FeedStatus, error) { return nil, nil }})
	f.Fuzz(func(t *testing.T, text string) {
		reply, _, err := d.Do(t.Context(), bot.Incoming{Key: "k", Room: "wall:a", User: "wall:u", Text: text}, bot.Admin)
		var user *bot.UserError
		if err != nil && !errors.As(err, &user) {
			t.Errorf("%q fails: %v", text, err)
		}
		if err == nil && bot.PlainText(reply.Message) == "" {
			t.Errorf("%q is answered with nothing", text)
		}
	})
}

// found is an archive in which a search finds these items.
type found struct {
	bot.Archive
	items []bot.Found
}

func (f found) Search(context.Context, string, int) ([]bot.Found, error) { return f.items, nil }

func TestSearchSaysWhenThereIsMore(t *testing.T) {
	t.Parallel()
	var items []bot.Found
	for i := range 11 {
		items = append(items, bot.Found{Item: feeds.Item{Title: fmt.Sprintf("Report %d", i), Published: noon}, Story: int64(i + 1)})
	}
	for n, want := range map[int]bool{10: false, 11: true} {
		c := newCounter(t, func(o *bot.DeskOptions) { o.Archive = found{o.Archive, items[:n]} })
		got := c.said("search report")
		if strings.Contains(got, "there are more") != want || strings.Count(got, "Report") != 10 {
			t.Errorf("of %d reports:\n%s", n, got)
		}
	}
}
