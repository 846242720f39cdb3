package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
	"github.com/tocsin-bot/tocsin/bot/matrix"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/config"
	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/story/summary/llm"
)

// homepage is where publishers and readers of the User-Agent find us.
const homepage = "https://github.com/tocsin-bot/tocsin"

// configFlag adds --config to a command.
func configFlag(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("config", "c", "tocsin.yaml", "the config `file`")
}

// loaded is a config with everything that it names, found to be in order.
type loaded struct {
	*config.Config
	feeds   []feeds.Feed
	rules   *rules.Rules
	console console.Config
	slack   slack.Config // meaningful when the section is given
	model   *llm.Engine  // of the section summary; nil without one
}

// loadAll loads the config at path and its rules, and reports every problem at once to w.
// Warnings are written too, and do no harm.
func loadAll(path string, w io.Writer) (*loaded, error) {
	l, inRules, err := load(path, w)
	if err == nil && l.rules == nil {
		fmt.Fprintln(w, inRules)
		return nil, errReported
	}
	return l, err
}

// load is loadAll for what is of use without rules: problems of the rules alone are given, and rules
// is nil then.
func load(path string, w io.Writer) (l *loaded, inRules strict.Problems, err error) {
	warn := func(p strict.Problem) { fmt.Fprintf(w, "warning: %v\n", p) }
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(w, "%s: there is no such file (`tocsin init DIR` writes a first config, --config FILE names one)\n", path)
		return nil, nil, errReported
	}
	c, problems := config.Load(path, warn)
	if c == nil {
		fmt.Fprintln(w, problems)
		return nil, nil, errReported
	}
	l = &loaded{Config: c}
	l.feeds, problems = makeFeeds(c, problems)
	if len(l.feeds) == 0 && len(problems) == 0 {
		warn(strict.Pos{File: path}.At("there are no feeds, so that nothing is polled", "list some under feeds: see `tocsin help config`"))
	}
	c.Feeds, c.Groups = nil, nil // their places in the file, which thousands of feeds need no longer
	problems = append(problems, l.decodeSections()...)
	problems = append(problems, l.checkRooms()...)
	r, err := l.loadRules()
	switch {
	case errors.As(err, &inRules):
		inRules = l.placeOfPaths(inRules)
	case err != nil:
		return nil, nil, err
	default:
		for _, p := range r.Warnings {
			warn(p)
		}
		l.rules = r
		problems = append(problems, l.checkSummaries(r)...)
	}
	if len(problems) > 0 {
		fmt.Fprintln(w, append(problems, inRules...).Sort())
		return nil, nil, errReported
	}
	return l, inRules, nil
}

// placeOfPaths puts a problem with one of the paths under rules where the config names that path.
func (l *loaded) placeOfPaths(ps strict.Problems) strict.Problems {
	for i, p := range ps {
		for _, path := range l.Rules {
			if p.Line == 0 && p.File == path.Value && path.Given() {
				ps[i] = path.Problem(p.File+" "+p.Cause, p.Hint)
			}
		}
	}
	return ps
}

// loadRules loads the rule files as they are now.
func (l *loaded) loadRules() (*rules.Rules, error) {
	return rules.Load(l.rulePaths(), l.ruleOptions())
}

func (l *loaded) rulePaths() []string { return values(l.Rules) }

func (l *loaded) ruleOptions() rules.Options {
	names, tags := []string{}, []string{}
	for _, f := range l.feeds {
		names = append(names, f.Name)
		tags = append(tags, f.Tags...)
	}
	slices.Sort(tags)
	notify := values(l.Notify)
	if len(notify) == 0 {
		notify = []string{console.Name}
	}
	return rules.Options{Notify: notify, Feeds: names, Tags: slices.Compact(tags), CheckRoom: l.checkRoom, Grouper: newGrouper}
}

func values(list []strict.Located[string]) []string {
	out := make([]string, len(list))
	for i, l := range list {
		out[i] = l.Value
	}
	return out
}

// checkRooms looks at the rooms that the config itself names. What was owed to a room without a
// platform would wait for ever.
func (l *loaded) checkRooms() (ps strict.Problems) {
	for _, room := range append(slices.Clone(l.Notify), l.AdminRoom) {
		if !room.Given() {
			continue
		}
		if err := l.checkRoom(room.Value); err != nil {
			var e *roomError
			errors.As(err, &e)
			ps = append(ps, room.Problem(e.cause, e.hint))
		}
	}
	return ps
}

// roomError says what is wrong with a room that a watch or the config names, and what to do.
type roomError struct{ cause, hint string }

func (e *roomError) Error() string { return e.cause }

// Hint is what to do about it.
func (e *roomError) Hint() string { return e.hint }

const roomForms = `write "slack:#channel", "matrix:!room:server" or console`

// checkRoom says what is wrong with a room that a watch or the config names: a roomError.
func (l *loaded) checkRoom(room string) error {
	platform, address := bot.Room(room).Parse()
	switch platform {
	case console.Name:
		if address != "" {
			return &roomError{"the console has no rooms", "write " + console.Name}
		}
		return nil
	case "slack":
		if !l.Slack.Given() {
			return &roomError{fmt.Sprintf("%q cannot be told: the config has no section slack", room), "`tocsin help slack` shows one"}
		}
	case "matrix":
		if !l.Matrix.Given() {
			return &roomError{fmt.Sprintf("%q cannot be told: the config has no section matrix", room), "`tocsin help matrix` shows one"}
		}
	default:
		return &roomError{fmt.Sprintf("%q is no room: there is no platform %q", room, platform), roomForms}
	}
	if address == "" || strings.ContainsAny(address, " \t") || platform == "matrix" && !strings.ContainsAny(address[:1], "!#") {
		return &roomError{fmt.Sprintf("%q names no room", room), roomForms}
	}
	return nil
}

// makeFeeds makes the feeds that the config asks for, and adds what is wrong with them.
func makeFeeds(c *config.Config, ps strict.Problems) ([]feeds.Feed, strict.Problems) {
	var out []feeds.Feed
	for i := range c.Feeds {
		f := &c.Feeds[i]
		s := c.Settings(f)
		baseline, _ := s.BaselineItems() // config has reported it
		feed := feeds.Feed{
			Name: f.Name, URL: f.URL.Value, Schedule: s.Schedule.Value, TimeZone: s.TimeZone.Value, Tags: s.Tags,
			Language: s.Language, Outlet: f.Outlet, Article: feeds.ArticleMode(s.Article.Value), Baseline: baseline,
		}
		var unset []string
		if feed.Headers, unset = fromEnvironment(f.Headers); len(unset) > 0 {
			ps = append(ps, f.URL.Problem("a header is read from $"+strings.Join(unset, ", $")+", which the environment does not set",
				"set it, or write the value"))
		}
		if s.Jitter != nil {
			feed.Jitter = *s.Jitter
			if feed.Jitter == 0 {
				feed.Jitter = -1 // none; zero asks feeds for its default
			}
		}
		if !isURL(feed.URL) && feed.URL != "" {
			ps = append(ps, f.URL.Problem("the address is not http or https", "write https://…"))
		}
		if _, err := language.Parse(feed.Language); err != nil && feed.Language != "" {
			ps = append(ps, f.URL.Problem(fmt.Sprintf("the language %q is not a language tag", feed.Language), "write en, ar or pt-BR"))
		}
		schedule := or(feed.Schedule, feeds.DefaultSchedule)
		parsed, err := feeds.ParseSchedule(schedule, feed.TimeZone)
		if err != nil {
			at, hint := s.Schedule, ""
			if _, zone := feeds.ParseSchedule(feeds.DefaultSchedule, feed.TimeZone); zone != nil {
				at, err, hint = s.TimeZone, zone, "UTC is the default"
			}
			if !at.Given() {
				at = f.URL
			}
			ps = append(ps, at.Problem(err.Error(), hint))
		} else if every := parsed.Interval(); every > 0 && every < c.Fetch.MinInterval {
			ps = append(ps, s.Schedule.Problem(fmt.Sprintf("%q polls every %s", schedule, strict.FormatDuration(every)),
				fmt.Sprintf("the shortest is %s, which is fetch.min_interval", strict.FormatDuration(c.Fetch.MinInterval))))
		}
		out = append(out, feed)
	}
	return out, ps.Sort()
}

// fromEnvironment fills in header values that are written "$NAME", and names those variables that
// are not set.
func fromEnvironment(headers map[string]string) (out map[string]string, unset []string) {
	out = make(map[string]string, len(headers))
	for name, value := range headers {
		if v, ok := strings.CutPrefix(value, "$"); ok {
			if value = os.Getenv(v); value == "" {
				unset = append(unset, v)
			}
		}
		out[name] = value
	}
	slices.Sort(unset)
	return out, unset
}

func (l *loaded) fetchOptions() feeds.FetchOptions {
	agent := "Tocsin/" + buildVersion() + " (+" + homepage + ")"
	if l.Fetch.Contact != "" {
		agent = "Tocsin/" + buildVersion() + " (+" + homepage + "; " + l.Fetch.Contact + ")"
	}
	return feeds.FetchOptions{UserAgent: agent, AllowNetworks: l.Fetch.AllowNetworks, Proxy: l.Fetch.Proxy.URL}
}

// roles says what a person may do: everything for the config's admins and whoever sits at the
// machine, and for others what their platform says of them; a platform without a say makes them
// members.
func (l *loaded) roles(platforms []bot.Platform) func(context.Context, bot.Incoming) bot.Role {
	return func(ctx context.Context, in bot.Incoming) bot.Role {
		if in.Room == console.Name || slices.ContainsFunc(l.Admins, func(a strict.Located[string]) bool { return a.Value == in.Room.Platform()+":"+in.User }) {
			return bot.Admin
		}
		for _, p := range platforms {
			if judge, ok := p.(interface {
				Role(context.Context, bot.Incoming) bot.Role
			}); ok && p.Name() == in.Room.Platform() {
				return judge.Role(ctx, in)
			}
		}
		return bot.Member
	}
}

// decodeSections decodes the platforms' sections of the config.
func (l *loaded) decodeSections() strict.Problems {
	problems := l.Console.Decode(&l.console)
	if f := l.console.File; f != "" && !filepath.IsAbs(f) {
		l.console.File = filepath.Join(filepath.Dir(l.File), f)
	}
	if l.Slack.Given() {
		problems = append(problems, decodeSection(l.Slack, &l.slack)...)
	}
	if l.Matrix.Given() {
		problems = append(problems, decodeSection(l.Matrix, new(matrix.Config))...)
	}
	model, inModel := decodeSummary(l.Summary)
	l.model = model
	problems = append(problems, inModel...)
	return problems
}

// decodeSection decodes the section of a platform, and adds what the platform itself finds wrong.
func decodeSection(section strict.Raw, c interface{ Check() error }) strict.Problems {
	problems := section.Decode(c)
	if len(problems) > 0 {
		return problems
	}
	if err := c.Check(); err != nil {
		for line := range strings.Lines(err.Error()) {
			problems = append(problems, section.Pos().At(strings.TrimSuffix(line, "\n"), ""))
		}
	}
	return problems
}

// logger logs to w as the config asks, from the given level on when it does not say.
func (l *loaded) logger(w io.Writer, level slog.Level) *slog.Logger {
	if l.Log.Level.Value != "" {
		_ = level.UnmarshalText([]byte(l.Log.Level.Value)) // config has checked it
	}
	opt := &slog.HandlerOptions{Level: level}
	if l.Log.Format.Value == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		opt.ReplaceAttr = brief
	}
	if _, ok := w.(*console.Prompt); ok {
		opt.ReplaceAttr = brief
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

// brief leaves out of a log line what a person at a terminal can do without.
func brief(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey:
		return slog.String(a.Key, a.Value.Time().Local().Format(time.TimeOnly))
	case "took", "next", "failure", "failures":
		return slog.Attr{}
	}
	return a
}
