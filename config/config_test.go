package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/config"
)

func parse(t *testing.T, text string) (*config.Config, string) {
	t.Helper()
	c, problems := config.Parse("/etc/tocsin/tocsin.yaml", []byte(text), nil)
	if err := problems.Err(); err != nil {
		return c, err.Error()
	}
	return c, ""
}

func TestEveryProblemIsReportedAtItsPlace(t *testing.T) {
	t.Parallel()
	_, got := parse(t, `databse: x.db
feeds:
  - {name: a, url: "https://a.example/rss", group: nowhere, baseline: all}
  - {name: a, url: "https://b.example/rss", article: sometimes}
admins: [desk]
log: {level: loud}
`)
	for _, want := range []string{
		"/etc/tocsin/tocsin.yaml:1:1: ", "database",
		`tocsin.yaml:3:52: there is no group "nowhere"`,
		`tocsin.yaml:3:71: "all" is no baseline`,
		`tocsin.yaml:4:20: the feed name "a" is used twice`,
		`tocsin.yaml:4:54: "sometimes" is not known here (write auto, always, never)`,
		`tocsin.yaml:5:10: "desk" names no person`,
		`tocsin.yaml:6:14: "loud" is not known here`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %q in\n%s", want, got)
		}
	}
}

func TestFeedTakesWhatItDoesNotSayFromGroupThenDefaults(t *testing.T) {
	t.Parallel()
	c, problems := parse(t, `
feed_defaults: {schedule: "@every 30m", time_zone: Asia/Karachi, baseline: last 3, tags: [all]}
groups:
  fast: {schedule: "*/5 * * * *", jitter: 20s, tags: [fast]}
feeds:
  - {name: a, url: "https://a.example/rss", group: fast, tags: [own]}
  - {name: b, url: "https://b.example/rss", schedule: "@hourly"}
`)
	if problems != "" {
		t.Fatal(problems)
	}
	a, b := c.Settings(&c.Feeds[0]), c.Settings(&c.Feeds[1])
	if a.Schedule.Value != "*/5 * * * *" || a.TimeZone.Value != "Asia/Karachi" || *a.Jitter != 20*time.Second ||
		strings.Join(a.Tags, " ") != "own fast all" {
		t.Errorf("feed a got %+v", a)
	}
	if n, err := a.BaselineItems(); n != 3 || err != nil {
		t.Errorf("baseline of a is %d, %v", n, err)
	}
	if b.Schedule.Value != "@hourly" || b.Jitter != nil || strings.Join(b.Tags, " ") != "all" {
		t.Errorf("feed b got %+v", b)
	}
}

func TestPathsAreMeantBesideTheFile(t *testing.T) {
	t.Parallel()
	c, problems := parse(t, "database: data/t.db\nrules: [watches/, /srv/rules]\n")
	if problems != "" {
		t.Fatal(problems)
	}
	if c.Database != "/etc/tocsin/data/t.db" || c.Rules[0].Value != "/etc/tocsin/watches" || c.Rules[1].Value != "/srv/rules" {
		t.Errorf("got %s, %s, %s", c.Database, c.Rules[0].Value, c.Rules[1].Value)
	}
	if c, _ := parse(t, "log: {format: json}"); c.Database != "/etc/tocsin/tocsin.db" || c.Rules[0].Value != "/etc/tocsin/rules" {
		t.Errorf("defaults are %s and %s", c.Database, c.Rules[0].Value)
	}
}

func TestStoriesAreKeptForLongerThanThePlannerRemembersThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"rules: [rules]": 90 * 24 * time.Hour, "keep: 10d": 10 * 24 * time.Hour} {
		if c, problems := parse(t, text); c.Keep != want || problems != "" {
			t.Errorf("%q: %v, %s", text, c.Keep, problems)
		}
	}
	if _, problems := parse(t, "keep: 9d"); !strings.Contains(problems, "10d") {
		t.Errorf("keep: 9d gave %q", problems)
	}
}

func TestTheAddressOfADatabaseMayStandInAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "tocsin.yaml")
	load := func(text string) (string, string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, problems := config.Load(path, nil)
		return c.Database, fmt.Sprint(problems)
	}
	const address = "postgres://tocsin:a%40secret@db.example.org/tocsin"
	for name, text := range map[string]string{"address": address + "\n", "empty": " \n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, problems := load("database_file: address\n"); got != address || problems != "" {
		t.Errorf("got %q, %s", got, problems)
	}
	if got, problems := load("database: " + address + "\n"); got != address || problems != "" {
		t.Errorf("got %q, %s", got, problems)
	}
	for text, want := range map[string]string{
		"database: x.db\ndatabase_file: address\n": ":2:16: database and database_file are both given",
		"database_file: nothing\n":                 ":1:16: database_file cannot be read",
		"database_file: empty\n":                   ":1:16: database_file is empty",
	} {
		if _, problems := load(text); !strings.Contains(problems, want) || strings.Contains(problems, "secret") {
			t.Errorf("%q: %s", text, problems)
		}
	}
}

func TestOnlyAFileOrPostgreSQLIsADatabase(t *testing.T) {
	t.Parallel()
	_, got := parse(t, "database: mysql://tocsin:secret@host/news\n")
	if want := `tocsin.yaml: database: there is no support for "mysql" (write the path of a file, or postgres://user@host/name)`; !strings.HasSuffix(got, want) {
		t.Errorf("got %s", got)
	}
}

func TestLoadSaysWhichFileIsMissing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.yaml")
	if _, problems := config.Load(path, nil); len(problems) != 1 || problems[0].File != path {
		t.Errorf("got %v", problems)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, problems := config.Load(path, nil); len(problems) == 0 {
		t.Error("an empty file passed")
	}
}
