package slack_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/store"
)

// hand is a clock that a test moves.
type hand struct {
	mu sync.Mutex
	t  time.Time
}

func (h *hand) now() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.t }

func (h *hand) add(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.t = h.t.Add(d) }

// unpaced is the platform without waiting, for tests on a clock of their own.
type unpaced struct{ *slack.Platform }

func (unpaced) Pace() bot.Pace { return bot.Pace{} }

func openStore(t testing.TB, dir string) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(dir, "tocsin.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func open(t testing.TB, s *slacktest.Server, now func() time.Time) *slack.Platform {
	t.Helper()
	p, err := slack.Open(slack.Config{BotToken: strict.NewSecret(slacktest.BotToken), AppToken: strict.NewSecret(slacktest.AppToken), APIURL: s.URL()},
		slack.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// notice is a delivery that needs no composing.
func notice(room bot.Room, n int, now time.Time) bot.Delivery {
	return bot.Delivery{Key: fmt.Sprintf("%s|%d|new", room, n), Room: room, Kind: bot.KindNotice, State: bot.StateReady, Created: now, NextTry: now,
		Message: &bot.Message{Title: fmt.Sprintf("Alert %d", n), Blocks: []bot.Block{bot.Para(bot.Text("Something happened."))}}}
}

var quiet = slog.New(slog.DiscardHandler)

// checkOnce says what is missing or doubled among the messages of the given deliveries.
func checkOnce(s *slacktest.Server, channels []string, want []string) (lost, doubled int) {
	count := map[string]int{}
	for _, c := range channels {
		for _, m := range s.Messages(c) {
			title, _, _ := strings.Cut(m.Shown.Text, "\n")
			count[c+" "+title]++
		}
	}
	for _, w := range want {
		switch n := count[w]; {
		case n == 0:
			lost++
		case n > 1:
			doubled += n - 1
		}
	}
	return lost, doubled
}

func TestLostAnswersArePostedOnce(t *testing.T) {
	t.Parallel()
	s := slacktest.New(t)
	clock := &hand{t: time.Now()}
	db := openStore(t, t.TempDir())
	ways := []slacktest.Fault{
		{Reset: true}, {Status: http.StatusGatewayTimeout, Body: "<html>504</html>"}, {Cut: true}, {Error: "internal_error"}, {Status: http.StatusOK, Body: " "},
		{Status: http.StatusOK, Body: "<html>It works</html>"}, {Error: "fatal_error"}, {Status: http.StatusInternalServerError},
		{Status: http.StatusServiceUnavailable, Body: `{"ok":false,"error":"service_unavailable"}`}, {Status: http.StatusOK, Body: `{"ok":true}`},
	}
	var channels, want []string
	const stored, unstored = 100, 20
	for i := range stored + unstored {
		id := fmt.Sprintf("C%05d", i)
		s.AddChannel(slacktest.Channel{ID: id, Name: fmt.Sprintf("room-%d", i)})
		fault := ways[i%len(ways)]
		fault.Method, fault.Channel, fault.Before = "chat.postMessage", id, i >= stored
		s.Fail(fault)
		channels = append(channels, id)
		want = append(want, fmt.Sprintf("%s Alert %d", id, i))
		if err := db.Owe(t.Context(), notice(bot.MakeRoom("slack", id), i, clock.now())); err != nil {
			t.Fatal(err)
		}
	}
	d := bot.NewDeliverer(bot.DelivererOptions{Outbox: db, Platforms: []bot.Platform{unpaced{open(t, s, clock.now)}}, Log: quiet, Now: clock.now})
	for range 30 {
		if err := d.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		clock.add(4 * time.Second)
	}
	if lost, doubled := checkOnce(s, channels, want); lost+doubled > 0 {
		t.Errorf("%d lost, %d doubled of %d", lost, doubled, len(want))
	}
	counts, err := db.Counts(t.Context(), clock.now())
	if err != nil || counts.Due+counts.Sending+counts.Parked+counts.Failed > 0 {
		t.Errorf("not everything is settled: %+v, %v", counts, err)
	}
}

// The points at which the child of the kill test kills itself.
var killPoints = []string{"before claim", "after claim", "posting", "after post", "after settle"}

func TestKilledAnywhereIsPostedOnce(t *testing.T) {
	t.Parallel()
	rounds := 1
	if os.Getenv("TOCSIN_HEAVY") != "" {
		rounds = 20
	}
	for _, point := range killPoints {
		for round := range rounds {
			if lost, doubled, kills := crash(t, point, round, false); lost+doubled > 0 || kills == 0 {
				t.Errorf("killed %s, round %d: %d kills, %d lost, %d doubled", point, round, kills, lost, doubled)
			}
		}
	}
}

// TestKilledWithoutLookingUpIsDoubled is the control: it shows that the test above can fail.
func TestKilledWithoutLookingUpIsDoubled(t *testing.T) {
	t.Parallel()
	if _, doubled, _ := crash(t, "after post", 0, true); doubled == 0 {
		t.Error("nothing was doubled, so the kill test proves nothing")
	}
}

// crash runs a child that delivers six messages and is killed at a point, and children after it until
// one finishes.
func crash(t *testing.T, point string, round int, blind bool) (lost, doubled, kills int) {
	t.Helper()
	s := slacktest.New(t)
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "tocsin.db"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	const messages = 6
	for i := range messages {
		if err := db.Owe(t.Context(), notice("slack:C0GENERAL", i, time.Now())); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprintf("C0GENERAL Alert %d", i))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(uint64(round), uint64(len(point))))
	for life := range 4 {
		s.SetAhead(time.Duration(life) * 3 * time.Minute) // longer than a lease
		hit := 0                                          // the second child is killed as well, the third lives
		if life < 2 {
			hit = 1 + random.IntN(2)
		}
		s.Heal()
		if point == "posting" && hit > 0 {
			hit = 1 // during the post that gets no answer
			s.Fail(slacktest.Fault{Method: "chat.postMessage", Hang: time.Minute})
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestCrashingChild$")
		cmd.Env = append(os.Environ(), "SLACK_CRASH_DIR="+dir, "SLACK_CRASH_URL="+s.URL(), "SLACK_CRASH_POINT="+point,
			"SLACK_CRASH_HIT="+strconv.Itoa(hit), "SLACK_CRASH_LIFE="+strconv.Itoa(life), "SLACK_CRASH_BLIND="+strconv.FormatBool(blind))
		out, err := cmd.CombinedOutput()
		if err == nil && life >= 2 {
			break
		}
		if err != nil {
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				t.Fatalf("the child failed otherwise: %v\n%s", err, out)
			}
			kills++
		}
	}
	lost, doubled = checkOnce(s, []string{"C0GENERAL"}, want)
	return lost, doubled, kills
}

// TestCrashingChild is no test: it is the process that the kill test starts.
func TestCrashingChild(t *testing.T) {
	dir := os.Getenv("SLACK_CRASH_DIR")
	if dir == "" {
		t.Skip("run by TestKilledAnywhereIsPostedOnce")
	}
	life, _ := strconv.Atoi(os.Getenv("SLACK_CRASH_LIFE"))
	hit, _ := strconv.Atoi(os.Getenv("SLACK_CRASH_HIT"))
	now := func() time.Time { return time.Now().Add(time.Duration(life) * 3 * time.Minute) }
	db := openStore(t, dir)
	p, err := slack.Open(slack.Config{BotToken: strict.NewSecret(slacktest.BotToken), AppToken: strict.NewSecret(slacktest.AppToken),
		APIURL: os.Getenv("SLACK_CRASH_URL")}, slack.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	b := &bomb{point: os.Getenv("SLACK_CRASH_POINT"), left: hit}
	d := bot.NewDeliverer(bot.DelivererOptions{Outbox: fragile{db, b}, Log: quiet, Now: now,
		Platforms: []bot.Platform{fragilePlatform{unpaced{p}, b, os.Getenv("SLACK_CRASH_BLIND") == "true"}}})
	for range 3 {
		if err := d.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// bomb kills the process at the n-th passing of a point.
type bomb struct {
	point string
	mu    sync.Mutex
	left  int
}

func (b *bomb) at(point string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if point != b.point || b.left == 0 {
		return
	}
	if b.left--; b.left == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

type fragile struct {
	*store.Store
	bomb *bomb
}

func (f fragile) ClaimDelivery(ctx context.Context, key string, now, lease time.Time) (*bot.Delivery, error) {
	f.bomb.at("before claim")
	d, err := f.Store.ClaimDelivery(ctx, key, now, lease)
	f.bomb.at("after claim")
	return d, err
}

func (f fragile) Settle(ctx context.Context, d *bot.Delivery) error {
	err := f.Store.Settle(ctx, d)
	f.bomb.at("after settle")
	return err
}

type fragilePlatform struct {
	unpaced
	bomb  *bomb
	blind bool
}

func (f fragilePlatform) Post(ctx context.Context, p bot.Post) (string, error) {
	if f.blind {
		p.Repeat = false
	}
	if f.bomb.point == "posting" { // Slack has the message and does not answer: die meanwhile
		time.AfterFunc(300*time.Millisecond, func() { f.bomb.at("posting") })
	}
	id, err := f.unpaced.Post(ctx, p)
	f.bomb.at("after post")
	return id, err
}

func TestOneFailingRoomDelaysNoOther(t *testing.T) {
	t.Parallel()
	rooms, span, every := 100, 2*time.Second, 50*time.Millisecond
	if os.Getenv("TOCSIN_HEAVY") != "" {
		span = 2 * time.Minute
	}
	s := slacktest.New(t)
	s.RoomEvery, s.RoomBurst = time.Second, 1
	for i := range rooms {
		s.AddChannel(slacktest.Channel{ID: fmt.Sprintf("C%05d", i), Name: fmt.Sprintf("room-%d", i)})
	}
	s.Fail(slacktest.Fault{Method: "chat.postMessage", Channel: "C00000", Status: http.StatusInternalServerError, Times: -1})
	db := openStore(t, t.TempDir())
	d := bot.NewDeliverer(bot.DelivererOptions{Outbox: db, Platforms: []bot.Platform{open(t, s, time.Now)}, Log: quiet})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = d.Run(ctx) }()
	due := map[string]time.Time{}
	var channels, want []string
	tick := time.NewTicker(every)
	defer tick.Stop()
	n := int(span / every)
	for i := range n {
		<-tick.C
		id := fmt.Sprintf("C%05d", i%rooms)
		now := time.Now()
		due[fmt.Sprintf("%s Alert %d", id, i)] = now
		if err := db.Owe(t.Context(), notice(bot.MakeRoom("slack", id), i, now)); err != nil {
			t.Fatal(err)
		}
		d.Wake()
		if i%rooms != 0 {
			want, channels = append(want, fmt.Sprintf("%s Alert %d", id, i)), append(channels, id)
		}
	}
	slices.Sort(channels)
	channels = slices.Compact(channels)
	lost, doubled := 0, 0
	until(t, "the last alert of the other rooms", func() bool {
		lost, doubled = checkOnce(s, channels, want)
		return lost == 0
	})
	stop()
	<-ended
	var lags []time.Duration
	early := 0
	for _, c := range channels {
		for _, m := range s.Messages(c) {
			title, _, _ := strings.Cut(m.Shown.Text, "\n")
			lag := m.Posted.Sub(due[c+" "+title])
			if lag < 0 {
				early++
			}
			lags = append(lags, lag)
		}
	}
	slices.Sort(lags)
	p99 := lags[len(lags)*99/100]
	t.Logf("%d alerts to the other rooms: due to posted p50 %v, p99 %v, max %v; %d early, %d lost, %d doubled", len(want), lags[len(lags)/2], p99, lags[len(lags)-1], early, lost, doubled)
	if lost+doubled+early > 0 {
		t.Errorf("%d early, %d lost, %d doubled", early, lost, doubled)
	}
	if os.Getenv("TOCSIN_HEAVY") != "" && p99 > 2*time.Second { // beside other tests the figure says nothing
		t.Errorf("p99 %v", p99)
	}
	if refused := s.Refused(); len(refused) > 0 {
		t.Errorf("Slack would refuse: %v", refused[:min(len(refused), 5)])
	}
}
