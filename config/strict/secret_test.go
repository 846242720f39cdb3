package strict_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/config/strict"
)

type slackSection struct {
	BotToken strict.Secret `yaml:"bot_token" strict:"required"`
	AppToken strict.Secret `yaml:"app_token"`
	Name     string        `yaml:"name"`
}

type withSlack struct {
	Slack strict.Raw `yaml:"slack"`
}

// decodeSlack decodes a config file with a slack section, with the given environment.
func decodeSlack(t *testing.T, dir, in string, env map[string]string) (slackSection, string, strict.Problems) {
	t.Helper()
	var f withSlack
	var warnings []string
	d := strict.Decoder{
		Env:  func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Warn: func(p strict.Problem) { warnings = append(warnings, p.Error()) },
	}
	if ps := d.Decode(filepath.Join(dir, "tocsin.yaml"), []byte(in), &f); ps != nil {
		t.Fatal(ps)
	}
	var s slackSection
	ps := f.Slack.Decode(&s)
	return s, strings.Join(warnings, "\n"), ps
}

func TestSecretsComeFromOnePlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, data string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("token", "  xoxb-real-1\r\n", 0o600)
	write("open", "xoxb-real-1\n", 0o644)
	write("blank", "\n", 0o600)
	write("two", "a1b2\nc3d4\n", 0o600)
	write("sample", "xoxb-...\n", 0o600)
	for _, tt := range []struct {
		name, in string
		env      map[string]string
		want     string // the value, or what the problem must say
		warning  string
	}{
		{"inline", "slack: {bot_token: xoxb-real-1}", nil, "xoxb-real-1", ""},
		{"file, trimmed", "slack: {bot_token_file: token}", nil, "xoxb-real-1", ""},
		{"open file", "slack: {bot_token_file: open}", nil, "xoxb-real-1", "can be read by every user of this machine"},
		{"environment wins", "slack: {bot_token_file: token}", map[string]string{"TOCSIN_SLACK_BOT_TOKEN": "xoxb-env\n"}, "xoxb-env", ""},
		{"environment alone, no section", "{}", map[string]string{"TOCSIN_SLACK_BOT_TOKEN": "xoxb-env"}, "xoxb-env", ""},
		{"both", "slack: {bot_token: xoxb-real-1, bot_token_file: token}", nil, "1:49: bot_token and bot_token_file are both given (keep one)", ""},
		{"none", "slack: {name: x}", nil, "1:8: bot_token is missing (give bot_token_file: PATH or set TOCSIN_SLACK_BOT_TOKEN)", ""},
		{"empty environment", "slack: {bot_token: xoxb-real-1}", map[string]string{"TOCSIN_SLACK_BOT_TOKEN": " "}, "TOCSIN_SLACK_BOT_TOKEN is set but empty", ""},
		{"placeholder", "slack: {bot_token: xoxb-your-token}", nil, "1:20: bot_token holds a placeholder", ""},
		{"unexpanded", "slack: {bot_token: '${TOKEN}'}", nil, "bot_token holds a placeholder", ""},
		{"placeholder in a file", "slack: {bot_token_file: sample}", nil, "holds a placeholder", ""},
		{"blank file", "slack: {bot_token_file: blank}", nil, "is empty", ""},
		{"two lines", "slack: {bot_token_file: two}", nil, "holds more than one line", ""},
		{"no file", "slack: {bot_token_file: nowhere}", nil, "cannot be read: no such file", ""},
		{"device", "slack: {bot_token_file: /dev/zero}", nil, "is not a regular file", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, warnings, ps := decodeSlack(t, dir, tt.in, tt.env)
			got := s.BotToken.Reveal()
			if ps != nil {
				got = ps.Error()
			}
			if got != tt.want && !(ps != nil && strings.Contains(got, tt.want)) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !strings.Contains(warnings, tt.warning) || tt.warning == "" && warnings != "" {
				t.Errorf("warnings %q, want %q", warnings, tt.warning)
			}
			for _, leak := range []string{"xoxb-real", "a1b2", "xoxb-env", "xoxb-your", "xoxb-..."} {
				if ps != nil && strings.Contains(ps.Error()+warnings, leak) {
					t.Errorf("the value is printed: %s %s", ps, warnings)
				}
			}
		})
	}
}

func TestSecretIsPrintedByNothing(t *testing.T) {
	t.Parallel()
	s := slackSection{BotToken: strict.NewSecret("xoxb-real-1")}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s.BotToken, "section", s)
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s.BotToken, s.BotToken), string(out), log.String()} {
		if strings.Contains(text, "real") || !strings.Contains(text, "[secret]") {
			t.Errorf("printed as %s", text)
		}
	}
}
