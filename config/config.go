package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/config/strict"
)

// Config is tocsin.yaml.
type Config struct {
	// Database is the path of an SQLite file, or the address of a PostgreSQL database,
	// postgres://user:password@host/name. Defaults to "tocsin.db" beside the config file.
	Database string `yaml:"database"`

	// DatabaseFile is a file that holds the address instead, for one with a password.
	// Defaults to none.
	DatabaseFile strict.Located[string] `yaml:"database_file"`

	// Rules are rule files, or folders of them, that are watched for changes.
	// Defaults to "rules/" beside the config file.
	Rules []strict.Located[string] `yaml:"rules"`

	// FeedDefaults hold for every feed that does not say otherwise, Groups for the feeds that name
	// them.
	FeedDefaults FeedSettings            `yaml:"feed_defaults"`
	Groups       map[string]FeedSettings `yaml:"groups"`
	Feeds        []Feed                  `yaml:"feeds"`

	// Fetch says how pages are fetched.
	Fetch Fetch `yaml:"fetch"`

	// Slack, Matrix and Console belong to their adapters. A section that is not there turns the
	// platform off.
	Slack   strict.Raw `yaml:"slack"`
	Matrix  strict.Raw `yaml:"matrix"`
	Console strict.Raw `yaml:"console"`

	// Notify are the rooms of watches that name none: "slack:#desk", "matrix:!id:server",
	// "console". Defaults to the console.
	Notify []strict.Located[string] `yaml:"notify"`

	// Admins may do everything, as platform:user id. Defaults to nobody.
	Admins []strict.Located[string] `yaml:"admins"`

	// AdminRoom hears of rule reloads, failing feeds and rooms that refuse messages.
	// Defaults to the log only.
	AdminRoom strict.Located[string] `yaml:"admin_room"`

	// Summary belongs to package story/summary.
	Summary strict.Raw `yaml:"summary"`

	// Keep is how long a story is kept after its latest report, with its reports and what was told of
	// it: longer than the planner remembers stories, lest one be told again. Defaults to 90 days.
	Keep time.Duration `yaml:"keep" strict:"min=10d"`

	// Backlog is how long it may take, at the pace of its platform, to post all that is owed to a
	// room. Beyond it the oldest alerts come as one digest. Defaults to 10 minutes.
	Backlog time.Duration `yaml:"backlog" strict:"min=1m"`

	Log Log `yaml:"log"`

	// File is where the config was read from.
	File string `yaml:"-"`
}

// FeedSettings are what feeds may share.
type FeedSettings struct {
	// Schedule is five cron fields, "@hourly" or "@every 10m". Defaults to "@every 10m".
	Schedule strict.Located[string] `yaml:"schedule"`

	// TimeZone is the IANA name of the zone of Schedule. Defaults to UTC.
	TimeZone strict.Located[string] `yaml:"time_zone"`

	// Jitter spreads the polls of feeds with one schedule. Defaults to the time between two polls,
	// at most 10 minutes.
	Jitter *time.Duration `yaml:"jitter"`

	// Article says when to fetch the page behind an item: auto, always or never.
	// Defaults to auto: when the feed only teases.
	Article strict.Located[string] `yaml:"article"`

	// Baseline says what of the first poll is news: "silent" or "last N". Defaults to silent.
	Baseline strict.Located[string] `yaml:"baseline"`

	// Tags are put on every item. Defaults to none; a feed's own are added to its group's.
	Tags []string `yaml:"tags"`

	// Language is the BCP 47 tag of items that do not tell their own. Defaults to none.
	Language string `yaml:"language"`
}

// Feed is one feed.
type Feed struct {
	Name string                 `yaml:"name" strict:"required"`
	URL  strict.Located[string] `yaml:"url" strict:"required"`

	// Group names an entry of groups. Defaults to none.
	Group strict.Located[string] `yaml:"group"`

	// Outlet is who publishes the feed. Defaults to the name.
	Outlet string `yaml:"outlet"`

	// Headers are sent to the feed's host. A value may be "$NAME", read from the environment.
	Headers map[string]string `yaml:"headers"`

	FeedSettings `yaml:",inline"`
}

// Fetch says how pages are fetched.
type Fetch struct {
	// AllowNetworks are private networks that may be fetched from all the same, such as
	// 192.168.7.0/24. Defaults to none: addresses inside private networks are refused.
	AllowNetworks []netip.Prefix `yaml:"allow_networks"`

	// Proxy is an HTTP proxy that all requests go through, such as http://proxy.example:3128. The
	// environment's proxy is not used. Defaults to none.
	Proxy URL `yaml:"proxy"`

	// Workers is how many pages are fetched side by side. Defaults to 32.
	Workers int `yaml:"workers" strict:"min=1,max=1024"`

	// MinInterval is the shortest time between two polls of a feed. Defaults to 1 minute.
	MinInterval time.Duration `yaml:"min_interval" strict:"min=1s"`

	// Contact is a URL or mail address that publishers find in the User-Agent. Defaults to none.
	Contact string `yaml:"contact"`
}

// URL is an http or https address.
type URL struct{ *url.URL }

// UnmarshalText reads an address with a scheme and a host.
func (u *URL) UnmarshalText(text []byte) error {
	parsed, err := url.Parse(string(text))
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return errors.New("this is no http or https address: write http://host:port")
	}
	u.URL = parsed
	return nil
}

// Log says what is logged.
type Log struct {
	// Level is debug, info, warn or error. Defaults to info.
	Level strict.Located[string] `yaml:"level"`

	// Format is text or json. Defaults to text.
	Format strict.Located[string] `yaml:"format"`
}

// Load reads the config file at path, with secrets from the environment and from files. Problems
// name file, line and column; warnings go to warn.
func Load(path string, warn func(strict.Problem)) (*Config, strict.Problems) {
	data, problems := strict.ReadFile(path)
	if len(problems) > 0 {
		return nil, problems
	}
	return Parse(path, data, warn)
}

// Parse is Load for the bytes of a file that is already read.
func Parse(path string, data []byte, warn func(strict.Problem)) (*Config, strict.Problems) {
	c := &Config{File: path}
	dec := strict.Decoder{Env: os.LookupEnv, Warn: warn}
	problems := dec.Decode(path, data, c)
	problems = append(problems, c.check()...)
	problems = append(problems, c.readDatabaseFile()...)
	if kind, _, ok := strings.Cut(c.Database, "://"); ok && kind != "postgres" && kind != "postgresql" {
		problems = append(problems, strict.Pos{File: path}.At(fmt.Sprintf("database: there is no support for %q", kind),
			"write the path of a file, or postgres://user@host/name"))
	}
	c.fill()
	return c, problems.Sort()
}

// fill puts in the defaults and makes paths relative to the file.
func (c *Config) fill() {
	dir := filepath.Dir(c.File)
	if c.Database == "" {
		c.Database = "tocsin.db"
	}
	if !strings.Contains(c.Database, "://") {
		c.Database = beside(dir, c.Database)
	}
	if len(c.Rules) == 0 {
		c.Rules = []strict.Located[string]{{Value: "rules"}}
	}
	for i := range c.Rules {
		c.Rules[i].Value = beside(dir, c.Rules[i].Value)
	}
	if c.Keep == 0 {
		c.Keep = 90 * 24 * time.Hour
	}
	if c.Backlog == 0 {
		c.Backlog = 10 * time.Minute
	}
	if c.Fetch.Workers == 0 {
		c.Fetch.Workers = 32
	}
	if c.Fetch.MinInterval == 0 {
		c.Fetch.MinInterval = time.Minute
	}
}

func beside(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// readDatabaseFile takes the address of the database from the file that holds it.
func (c *Config) readDatabaseFile() strict.Problems {
	l := c.DatabaseFile
	if !l.Given() {
		return nil
	}
	if c.Database != "" {
		return strict.Problems{l.Problem("database and database_file are both given", "keep one")}
	}
	data, problems := strict.ReadFile(beside(filepath.Dir(c.File), l.Value))
	if len(problems) > 0 {
		return strict.Problems{l.Problem("database_file "+problems[0].Cause, problems[0].Hint)}
	}
	if c.Database = strings.TrimSpace(string(data)); c.Database == "" {
		return strict.Problems{l.Problem("database_file is empty", "write postgres://user:password@host/name into it")}
	}
	return nil
}

// check looks at what a single value cannot tell.
func (c *Config) check() (ps strict.Problems) {
	oneOf := func(l strict.Located[string], allowed ...string) {
		if !l.Given() {
			return
		}
		for _, a := range allowed {
			if l.Value == a {
				return
			}
		}
		ps = append(ps, l.Problem(fmt.Sprintf("%q is not known here", l.Value), "write "+strings.Join(allowed, ", ")))
	}
	oneOf(c.Log.Level, "debug", "info", "warn", "error")
	oneOf(c.Log.Format, "text", "json")
	for _, s := range c.settings() {
		oneOf(s.Article, "auto", "always", "never")
		if _, err := s.BaselineItems(); err != nil {
			ps = append(ps, s.Baseline.Problem(err.Error(), `write "silent" or "last 3"`))
		}
	}
	seen := map[string]strict.Pos{}
	for _, f := range c.Feeds {
		if f.Group.Given() {
			if _, ok := c.Groups[f.Group.Value]; !ok {
				ps = append(ps, f.Group.Problem(fmt.Sprintf("there is no group %q", f.Group.Value), "add it under groups"))
			}
		}
		if before, ok := seen[f.Name]; ok && f.Name != "" {
			ps = append(ps, f.URL.Problem(fmt.Sprintf("the feed name %q is used twice", f.Name),
				"what is remembered of a feed hangs on its name; the other is at "+before.String()))
		}
		seen[f.Name] = f.URL.Pos()
	}
	for _, a := range c.Admins {
		if platform, user, ok := strings.Cut(a.Value, ":"); !ok || platform == "" || user == "" {
			ps = append(ps, a.Problem(fmt.Sprintf("%q names no person", a.Value), `write "slack:U012ABC" or "matrix:@desk:example.org"`))
		}
	}
	return ps
}

func (c *Config) settings() []FeedSettings {
	all := []FeedSettings{c.FeedDefaults}
	for _, g := range c.Groups {
		all = append(all, g)
	}
	for _, f := range c.Feeds {
		all = append(all, f.FeedSettings)
	}
	return all
}

// Settings gives what holds for f: its own settings, else its group's, else the defaults.
func (c *Config) Settings(f *Feed) FeedSettings {
	s := f.FeedSettings
	for _, under := range []FeedSettings{c.Groups[f.Group.Value], c.FeedDefaults} {
		inherit(&s.Schedule, under.Schedule)
		inherit(&s.TimeZone, under.TimeZone)
		inherit(&s.Article, under.Article)
		inherit(&s.Baseline, under.Baseline)
		if s.Jitter == nil {
			s.Jitter = under.Jitter
		}
		if s.Language == "" {
			s.Language = under.Language
		}
		s.Tags = append(s.Tags[:len(s.Tags):len(s.Tags)], under.Tags...)
	}
	return s
}

func inherit(own *strict.Located[string], under strict.Located[string]) {
	if !own.Given() && own.Value == "" {
		*own = under
	}
}

var lastN = regexp.MustCompile(`^last ([0-9]{1,3})$`)

// BaselineItems gives how many items of a first poll are news.
func (s *FeedSettings) BaselineItems() (int, error) {
	if !s.Baseline.Given() || s.Baseline.Value == "silent" {
		return 0, nil
	}
	m := lastN.FindStringSubmatch(s.Baseline.Value)
	if m == nil {
		return 0, fmt.Errorf("%q is no baseline", s.Baseline.Value)
	}
	return strconv.Atoi(m[1])
}
