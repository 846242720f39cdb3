//go:build goolm

package matrix

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// program is the real binary with a config, a feed and a room.
type program struct {
	t    *testing.T
	bin  string
	dir  string
	feed *feed
}

// feed is an RSS feed to which items are added.
type feed struct {
	mu    sync.Mutex
	items []string
}

func (f *feed) publish(title string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.items = append(f.items, fmt.Sprintf("<item><title>%s</title><link>https://news.example.org/%d</link><guid>%d</guid><pubDate>%s</pubDate><description>%s, says the ministry.</description></item>",
		title, len(f.items), len(f.items), time.Now().Format(time.RFC1123Z), title))
}

func (f *feed) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintf(w, `<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><link>https://news.example.org</link>%s</channel></rss>`, strings.Join(f.items, ""))
}

// newProgram makes a program whose config names the homeserver at address, and the password unless
// it is empty.
func newProgram(t *testing.T, account botAccount, room id.RoomID, address, password string) *program {
	t.Helper()
	p := &program{t: t, dir: t.TempDir(), feed: &feed{}}
	p.bin = filepath.Join(p.dir, "tocsin")
	if out, err := exec.Command("go", "build", "-tags", "goolm failpoint", "-o", p.bin, "github.com/tocsin-bot/tocsin/cmd/tocsin").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	p.feed.publish("Nothing of note")
	server := httptest.NewServer(p.feed)
	t.Cleanup(server.Close)
	secret := "password_file: password"
	if password == "" {
		secret = "prefix: '!tocsin'"
	}
	for name, text := range map[string]string{
		"password": password,
		"rules.yaml": `watches: [{id: jets, title: Jets, match: jets}]
`,
		"tocsin.yaml": fmt.Sprintf(`rules: [rules.yaml]
notify: [%q]
log: {level: info}
fetch: {allow_networks: [127.0.0.0/8], min_interval: 1s}
feeds: [{name: wire, url: %q, schedule: "@every 1s", jitter: 0s, article: never}]
matrix: {homeserver: %q, user: %q, %s, pace: 10ms}
`, "matrix:"+string(room), server.URL, address, account.user, secret),
	} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// keepsItsMemoryAt gives the program a PostgreSQL database.
func (p *program) keepsItsMemoryAt(address string) {
	p.t.Helper()
	config := filepath.Join(p.dir, "tocsin.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		p.t.Fatal(err)
	}
	for name, content := range map[string]string{config: "database_file: database-address\n" + string(text), filepath.Join(p.dir, "database-address"): address} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

// login logs in with the password of the config.
func (p *program) login() {
	p.t.Helper()
	login := exec.Command(p.bin, "matrix", "login", "--config", filepath.Join(p.dir, "tocsin.yaml"))
	if out, err := login.CombinedOutput(); err != nil || !strings.Contains(string(out), "recovery key") || !strings.Contains(string(out), "verified") {
		p.t.Fatalf("matrix login: %v\n%s", err, out)
	}
}

// start runs the program; the buffer has its log once it has ended.
func (p *program) start(failpoint string) (*exec.Cmd, *bytes.Buffer) {
	p.t.Helper()
	cmd := exec.Command(p.bin, "run", "--config", filepath.Join(p.dir, "tocsin.yaml"))
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "TOCSIN_FAILPOINT="+failpoint)
	log := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		if p.t.Failed() {
			p.t.Logf("log of the run with %q:\n%s", failpoint, log)
		}
	})
	return cmd, log
}

// dies waits until the program has killed itself.
func (p *program) dies(cmd *exec.Cmd) {
	p.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
		if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
			p.t.Fatalf("the program ended with %v", cmd.ProcessState)
		}
	case <-time.After(40 * time.Second):
		p.t.Fatal("the program came to no failpoint")
	}
}

// place makes the n-th of many words that have nothing in common, so that no two items are one story.
func place(n int) string {
	syllables := []string{"ka", "mo", "ri", "tu", "ve", "lo", "shi", "ba", "ne", "du", "gra", "zo", "pel", "wi", "for", "xan"}
	word := ""
	for n += 4000; n > 0; n /= len(syllables) {
		word += syllables[n%len(syllables)]
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

func TestEndToEndProgramKilledAtEveryStepTellsOnceAndAnswers(t *testing.T) {
	t.Parallel()
	t.Run("with a password", func(t *testing.T) {
		t.Parallel()
		anna, account := newPerson(t, "anna"), newBotAccount(t)
		room := anna.room(true, "", account.user)
		p := newProgram(t, account, room, homeserver(t), password)
		p.login()
		p.isKilledAtEveryStep(anna, account, room)
	})
	t.Run("with a password, in PostgreSQL", func(t *testing.T) {
		t.Parallel()
		anna, account := newPerson(t, "anna"), newBotAccount(t)
		room := anna.room(true, "", account.user)
		p := newProgram(t, account, room, homeserver(t), password)
		p.keepsItsMemoryAt(newSchema(t))
		p.login()
		p.isKilledAtEveryStep(anna, account, room)
	})
	// The login is approved by a code, and its tokens end every other second: whatever the program does
	// and whenever it is killed, it renews them.
	t.Run("with OAuth", func(t *testing.T) {
		t.Parallel()
		anna, account := newPerson(t, "anna"), newBotAccount(t)
		room := anna.room(true, "", account.user)
		s := newLoginServer(t, string(account.user), inFrontOf(t, homeserver(t), account.user))
		s.lasts = 2 * time.Second
		p := newProgram(t, account, room, s.URL, "")
		out := p.logsInByCode(s)
		if !strings.Contains(out, "recovery key") || !strings.Contains(out, "verified") {
			t.Fatalf("matrix login: %s", out)
		}
		before := s.asked("/token")
		p.isKilledAtEveryStep(anna, account, room)
		s.change(func() {
			if len(s.logins) != 1 || s.logins[0].ended {
				t.Errorf("there were %d logins, the first ended: %v", len(s.logins), s.logins[0].ended)
			}
		})
		if n := s.asked("/token") - before; n == 0 { // how many there are is a matter of time
			t.Errorf("the tokens were renewed %d times", n)
		} else {
			t.Logf("the tokens were renewed %d times", n)
		}
	})
}

// logsInByCode runs the command and approves the code that it shows.
func (p *program) logsInByCode(s *loginServer) string {
	p.t.Helper()
	login := exec.Command(p.bin, "matrix", "login", "--config", filepath.Join(p.dir, "tocsin.yaml"))
	shows, err := login.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	out := &bytes.Buffer{}
	login.Stdout = out
	if err := login.Start(); err != nil {
		p.t.Fatal(err)
	}
	code := regexp.MustCompile(`^    (\S+)$`)
	for lines := bufio.NewScanner(shows); lines.Scan(); {
		out.WriteString(lines.Text() + "\n")
		if m := code.FindStringSubmatch(lines.Text()); m != nil {
			s.decide(m[1], "")
		}
	}
	if err := login.Wait(); err != nil {
		p.t.Fatalf("matrix login: %v\n%s", err, out)
	}
	return out.String()
}

// inFrontOf passes requests on to a homeserver that knows nothing of OAuth, where each login is one
// with the password, as the same device.
func inFrontOf(t *testing.T, address string, user id.UserID) func(http.ResponseWriter, *http.Request, *login) {
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) } // whoever asked was killed
	var mu sync.Mutex
	known := map[string]string{}
	return func(w http.ResponseWriter, r *http.Request, l *login) {
		mu.Lock()
		token := known[l.device]
		if token == "" {
			c, err := mautrix.NewClient(address, "", "")
			if err != nil {
				t.Error(err)
			}
			answer, err := c.Login(context.Background(), &mautrix.ReqLogin{Type: mautrix.AuthTypePassword, Password: password, DeviceID: id.DeviceID(l.device),
				Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: string(user)}})
			if err != nil {
				t.Errorf("log in for the login server: %v", err)
				mu.Unlock()
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			token = answer.AccessToken
			known[l.device] = token
		}
		mu.Unlock()
		r.Header.Set("Authorization", "Bearer "+token)
		proxy.ServeHTTP(w, r)
	}
}

// isKilledAtEveryStep wants every item told once, and a question answered at the end.
func (p *program) isKilledAtEveryStep(anna *person, account botAccount, room id.RoomID) {
	t := p.t
	t.Helper()
	cmd, _ := p.start("")
	anna.seesJoin(room, account.user)
	anna.says(room, text("!tocsin feeds")) // the first poll, which is quiet, is over when it names one
	anna.sees("the feeds", holding("wire", account.user))
	_ = cmd.Process.Kill()
	_ = cmd.Wait()

	rounds := 1
	if os.Getenv("TOCSIN_HEAVY") != "" {
		rounds = 20
	}
	n := 0
	for range rounds {
		for _, point := range []string{"planned", "committed", "composed", "claimed", "posted", "settled"} {
			cmd, _ := p.start(point)
			p.feed.publish("Jets over " + place(6*n) + ": " + place(6*n+1) + " " + place(6*n+2) + " " + place(6*n+3) + " " + place(6*n+4) + " " + place(6*n+5))
			p.dies(cmd)
			n++
		}
	}
	cmd, _ = p.start("")
	last := "The last jets of all, over Lima"
	p.feed.publish(last)
	alert := anna.sees("the last alert", holding(last, account.user))
	question := text("why")
	question.RelatesTo = new(event.RelatesTo).SetThread(alert.ID, alert.ID)
	anna.says(room, question)
	anna.sees("the answer", func(e *event.Event) bool {
		return e.Sender == account.user && e.Type == event.EventMessage && e.Content.AsMessage().RelatesTo.GetThreadParent() == alert.ID && strings.Contains(e.Content.AsMessage().Body, "jets")
	})
	anna.says(room, text("!tocsin mute jets 2h"))
	anna.sees("the mark of a command that changed something", func(e *event.Event) bool {
		return e.Type == event.EventReaction && e.Sender == account.user && e.Content.AsReaction().RelatesTo.Key == "✅"
	})
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}

	// Every item was told, and none twice.
	told := map[string]int{}
	anna.mu.Lock()
	defer anna.mu.Unlock()
	for _, e := range anna.seen {
		if e.Sender == account.user && e.Type == event.EventMessage {
			if c := e.Content.AsMessage(); c.RelatesTo.GetReplaceID() == "" && strings.Contains(c.Body, "Jets over ") {
				first, _, _ := strings.Cut(c.Body, "\n")
				told[first]++
			}
		}
	}
	if len(told) != n {
		t.Errorf("%d alerts were told of %d items: %v", len(told), n, told)
	}
	for title, times := range told {
		if times != 1 {
			t.Errorf("%q was told %d times", title, times)
		}
	}
}
