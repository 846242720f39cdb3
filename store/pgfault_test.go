package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

// patiently repeats what fails for a while, as every caller of the store does.
func patiently(t testing.TB, what string, f func() error) (failures int) {
	t.Helper()
	for {
		err := f()
		if err == nil {
			return failures
		}
		if !errors.Is(err, ErrAway) && !errors.Is(err, ErrBusy) {
			t.Fatalf("%s: %v", what, err)
		}
		if failures++; failures > 200 {
			t.Fatalf("%s, again and again: %v", what, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// day is a piece of work through every method that writes. Each step may be repeated.
func day(t testing.TB, s *Store, tag string) (failures int) {
	ctx, now := t.Context(), time.Unix(1e9, 0)
	do := func(what string, f func() error) { failures += patiently(t, tag+": "+what, f) }
	do("save polls", func() error {
		_, err := s.SavePolls(ctx, []*feeds.Poll{pollOf("feed-"+tag, 3), {Same: true, State: feeds.State{Feed: "same-" + tag, Polled: now}}})
		return err
	})
	story := int64(0)
	do("plan", func() error {
		fresh, err := s.FreshItems(ctx, 100)
		if err != nil || len(fresh) == 0 {
			return err
		}
		last, err := s.LastStory(ctx)
		if err != nil {
			return err
		}
		story = last + 1
		var b bot.Batch
		for _, f := range fresh {
			b.Placed = append(b.Placed, bot.Placed{Item: f.Key, Story: story, Relation: "new", Time: now, Matches: []bot.Reason{{Watch: "w"}}})
		}
		b.Alerts = []bot.Alert{{Watch: "w", Story: story, Created: now}}
		b.Deliveries = []bot.Delivery{{Key: fmt.Sprint("story ", story), Room: bot.Room("chat:" + tag), Kind: bot.KindNew, State: bot.StateDue, Story: story, Created: now, NextTry: now}}
		return s.CommitPlan(ctx, b)
	})
	do("deliver", func() error {
		for {
			d, err := s.NextDelivery(ctx, bot.Room("chat:"+tag), now)
			if err != nil || d == nil {
				return err
			}
			if d.State == bot.StateDue {
				d.Message = &bot.Message{Title: "title"}
				if err := s.SaveMessage(ctx, d); err != nil {
					return err
				}
			}
			claimed, err := s.ClaimDelivery(ctx, d.Key, now, now) // a lease that has ended when it is looked at
			if err != nil || claimed == nil {
				return err
			}
			claimed.State, claimed.Receipt = bot.StateSent, "r"
			if err := s.Settle(ctx, claimed); err != nil {
				return err
			}
		}
	})
	do("receive", func() error {
		_, err := s.Receive(ctx, bot.Incoming{Key: tag, Room: "chat:x", Text: "why"})
		return err
	})
	do("answer", func() error {
		return s.Answer(ctx, tag, bot.Effects{Now: now, Mutes: []bot.Mute{{Watch: tag, From: now, Until: now.Add(time.Hour)}},
			Marks:      []bot.Mark{{Story: 1, Kind: tag, Time: now}},
			Deliveries: []bot.Delivery{{Key: "answer " + tag, Room: "chat:x", Kind: bot.KindAnswer, State: bot.StateReady, Message: &bot.Message{}, NextTry: now.Add(time.Hour)}}})
	})
	do("save blob", func() error { return s.SaveBlob(ctx, tag, []byte(tag)) })
	return failures
}

// checkDays says whether days are stored, each once.
func checkDays(t testing.TB, s *Store, days int) {
	t.Helper()
	for table, want := range map[string]int{"feeds": 2, "items": 3, "words": 3, "identities": 3, "stories": 1, "placements": 3,
		"matches": 3, "alerts": 1, "deliveries": 2, "inbox": 1, "mutes": 1, "marks": 1, "blobs": 1, "fresh": 0} {
		var n int
		if _, err := s.read.row(t.Context(), `SELECT count(*) FROM `+table, nil, &n); err != nil || n != want*days {
			t.Errorf("%d %s after %d days, not %d: %v", n, table, days, want*days, err)
		}
	}
	var sent int
	if _, err := s.read.row(t.Context(), `SELECT count(*) FROM deliveries WHERE state = 'sent'`, nil, &sent); err != nil || sent != days {
		t.Errorf("%d of %d are sent, %v", sent, days, err)
	}
}

// The connection breaks at each message that the program sends, before or after the server has
// read it, and what was being done is repeated. Nothing is lost and nothing is there twice.
func TestPostgreSQLLosesAndDoublesNothingWhereverItsConnectionBreaks(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	for _, v := range []verdict{loseRequest, loseAnswer} {
		t.Run([]string{"", "request lost", "answer lost"}[v], func(t *testing.T) {
			t.Parallel()
			p, dsn := newProxy(t, postgresSchema(t))
			s := mustOpen(t, dsn, BusyTimeout(10*time.Second))
			days := 0
			for at := 1; ; at++ {
				n, broke := 0, false
				p.judgeBy(func([]byte) verdict {
					if n++; n == at {
						broke = true
						return v
					}
					return forward
				})
				day(t, s, fmt.Sprint(days))
				p.judgeBy(nil)
				days++
				if !broke {
					break
				}
			}
			checkDays(t, s, days)
			t.Logf("%d breaks", days-1)
		})
	}
}

// A commit whose answer is lost may still be under way at the server. Nothing is read before it is
// known what became of it: a plan made in between would tell everything a second time.
func TestNothingIsReadWhileACommitIsNotSettled(t *testing.T) {
	t.Parallel()
	schema := postgresSchema(t)
	p, dsn := newProxy(t, schema)
	s := mustOpen(t, dsn, BusyTimeout(20*time.Second))
	a, err := parseAddress(schema)
	if err != nil {
		t.Fatal(err)
	}
	err = atServer(t.Context(), fmt.Sprintf(`CREATE FUNCTION %[1]s.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON %[1]s.blobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION %[1]s.slow()`, a.schema))
	if err != nil {
		t.Fatal(err)
	}
	p.judgeBy(func(sent []byte) verdict { // the driver would have the server break it off, where it can reach it
		if bytes.HasPrefix(sent, []byte{0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e}) {
			return loseRequest
		}
		return forward
	})
	backend := s.tenure.last.pid
	untilServer := func(condition string) {
		for there := false; !there; {
			if err := askServer(t.Context(), `SELECT `+condition, &there, backend); err != nil {
				t.Error(err)
				return
			}
		}
	}
	go func() { // the connection breaks when the server has begun to commit
		untilServer(`EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND query = 'COMMIT')`)
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, c := range p.conns {
			c.client.Close()
		}
	}()
	if err := s.SaveBlob(t.Context(), "a", []byte("1")); !errors.Is(err, ErrAway) {
		t.Fatalf("a lost answer: %v", err)
	}
	var value []byte
	patiently(t, "read", func() (err error) { value, err = s.LoadBlob(t.Context(), "a"); return err })
	// Either it was committed, and was seen, or it never will be.
	untilServer(`NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = $1)`)
	again, err := s.LoadBlob(t.Context(), "a")
	if err != nil || (value == nil) != (again == nil) {
		t.Errorf("first %q was read and later %q: %v", value, again, err)
	}
}

func TestAServerThatGoesAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	p, dsn := newProxy(t, postgresSchema(t))
	s := mustOpen(t, dsn)
	day(t, s, "before")
	p.leave(true)
	ctx := t.Context()
	for what, f := range map[string]func() error{
		"a write": func() error { return s.SaveBlob(ctx, "a", nil) },
		"a read":  func() error { _, err := s.States(ctx); return err },
		"another": func() error { _, err := s.Search(ctx, "report", 1); return err },
	} {
		if err := f(); !errors.Is(err, ErrAway) {
			t.Errorf("%s while it is away: %v", what, err)
		}
	}
	p.leave(false)
	day(t, s, "after")
	checkDays(t, s, 2)
}

func TestABackendThatIsEndedIsReplaced(t *testing.T) {
	t.Parallel()
	dsn := postgresSchema(t)
	s := mustOpen(t, dsn)
	for i := range 3 {
		pid := s.tenure.last.pid
		if err := atServer(t.Context(), `SELECT pg_terminate_backend($1, 10000)`, pid); err != nil {
			t.Fatal(err)
		}
		// What nobody was using is made anew without a word.
		if err := s.SaveBlob(t.Context(), "a", []byte{byte(i)}); err != nil {
			t.Error(err)
		}
	}
}

func TestOneProcessHasAPostgreSQLDatabase(t *testing.T) {
	t.Parallel()
	dsn := postgresSchema(t)
	s := mustOpen(t, dsn)
	if _, err := Open(t.Context(), dsn, BusyTimeout(20*time.Millisecond)); !errors.Is(err, errLocked) || !strings.Contains(err.Error(), "open database postgres://") {
		t.Errorf("a second store: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_VICTIM="+dsn, "STORE_TEST_ROLE=create")
	out, err := cmd.Output()
	if err == nil || !strings.Contains(string(out), "another process has it open") {
		t.Errorf("a second process: %s, %v", out, err)
	}
	day(t, s, "one")
	reader := mustOpen(t, dsn, ReadOnly())
	if states, err := reader.States(t.Context()); err != nil || len(states) != 2 {
		t.Errorf("a reader beside it: %v, %v", states, err)
	}
	if found, err := reader.Search(t.Context(), "report", 10); err != nil || len(found) != 3 {
		t.Errorf("a reader found %d, %v", len(found), err)
	}
	if err := reader.SaveBlob(t.Context(), "a", nil); err == nil {
		t.Error("a reader wrote")
	}
	db, _ := reader.DB()
	if _, err := db.ExecContext(t.Context(), `DELETE FROM blobs`); err == nil {
		t.Error("the pool of a reader wrote")
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if err := s.SaveBlob(t.Context(), "a", nil); err == nil {
		t.Error("a closed store wrote")
	}
	mustOpen(t, dsn, BusyTimeout(0)) // it is free at once
}

// A process that cannot reach the server loses it to another one, and must not write, read or send
// by what it remembers when it is back.
func TestAProcessWhoseDatabaseWasTakenOverEnds(t *testing.T) {
	t.Parallel()
	direct := postgresSchema(t)
	p, dsn := newProxy(t, direct)
	first := mustOpen(t, dsn)
	now := time.Unix(1e9, 0)
	d := bot.Delivery{Key: "k", Room: "chat:a", Kind: bot.KindNotice, State: bot.StateReady, Message: &bot.Message{}}
	if err := first.Owe(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	claimed, err := first.ClaimDelivery(t.Context(), "k", now, now.Add(time.Minute))
	if err != nil || claimed == nil {
		t.Fatal(claimed, err)
	}
	p.leave(true)
	second := mustOpen(t, direct)
	// The first may be sending it still: it is left alone until its lease ends.
	if next, err := second.NextDelivery(t.Context(), "chat:a", now.Add(time.Second)); err != nil || next != nil {
		t.Errorf("while the first may be sending it: %v, %v", next, err)
	}
	if next, err := second.NextDelivery(t.Context(), "chat:a", now.Add(time.Minute)); err != nil || next == nil {
		t.Errorf("when its lease has ended: %v, %v", next, err)
	}
	p.leave(false)
	claimed.State = bot.StateSent
	if err := first.Settle(t.Context(), claimed); !errors.Is(err, ErrTaken) {
		t.Errorf("the first settles: %v", err)
	}
	select {
	case <-first.Taken():
	default:
		t.Error("the first is not told")
	}
	if _, err := first.States(t.Context()); !errors.Is(err, ErrTaken) {
		t.Errorf("the first reads: %v", err)
	}
	second.Close()
	if err := first.SaveBlob(t.Context(), "a", nil); !errors.Is(err, ErrTaken) {
		t.Errorf("the first writes when the second has gone: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Errorf("the first is closed: %v", err)
	}
}

// Other parts of the program write by connections of their own. While one of them is there, the
// process lives, and nobody takes the database from it; and none outlives its process's time.
func TestThePoolOfOthersIsFencedToo(t *testing.T) {
	t.Parallel()
	dsn := postgresSchema(t)
	first := mustOpen(t, dsn)
	db, dialect := first.DB()
	if dialect != "postgres" {
		t.Errorf("the dialect is %q", dialect)
	}
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE matrix_test (n bigint)`); err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := atServer(t.Context(), `SELECT pg_terminate_backend($1, 10000)`, first.tenure.last.pid); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dsn, BusyTimeout(20*time.Millisecond)); !errors.Is(err, errLocked) {
		t.Fatalf("a second process beside the pool of the first: %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), `INSERT INTO matrix_test VALUES (1)`); err != nil {
		t.Errorf("the pool: %v", err)
	}
	conn.Close()
	if err := first.SaveBlob(t.Context(), "a", nil); err != nil {
		t.Errorf("the first goes on: %v", err)
	}
	// Now all of its connections break, and another process comes.
	db.SetMaxIdleConns(0)
	if err := atServer(t.Context(), `SELECT pg_terminate_backend($1, 10000)`, first.tenure.last.pid); err != nil {
		t.Fatal(err)
	}
	second := mustOpen(t, dsn)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO matrix_test VALUES (2)`); !errors.Is(err, ErrTaken) {
		t.Errorf("the pool of a process that lost the database wrote: %v", err)
	}
	other, _ := second.DB()
	var n int
	if err := other.QueryRowContext(t.Context(), `SELECT count(*) FROM matrix_test`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// The claims of a process that is certainly dead are taken up at once.
func TestADeadProcessSendsNothing(t *testing.T) {
	t.Parallel()
	self := processName()
	if machine() == "" {
		t.Skip("this system does not tell which processes live")
	}
	for name, dead := range map[string]bool{
		self: false, "": false, "elsewhere 1 2": false, machine() + " " + fmt.Sprint(os.Getpid()) + " 1": true, machine() + " 99999999 5": true, machine() + " x": false,
	} {
		if isDead(name) != dead {
			t.Errorf("isDead(%q) is %v", name, !dead)
		}
	}
	dsn := postgresSchema(t)
	lines := killAfter(t, "claim", dsn, "claimed", 0)
	if len(lines) == 0 {
		t.Fatal("nothing was claimed")
	}
	s := mustOpen(t, dsn)
	next, err := s.NextDelivery(t.Context(), "chat:a", time.Unix(1, 0))
	if err != nil || next == nil {
		t.Fatal(next, err)
	}
	if c, err := s.ClaimDelivery(t.Context(), next.Key, time.Unix(1, 0), time.Unix(2, 0)); err != nil || c == nil || !c.Repeat {
		t.Errorf("claimed %+v, %v", c, err)
	}
}

func TestWhatPostgreSQLAcknowledgedSurvivesAKill(t *testing.T) {
	t.Parallel()
	killWriters(t, postgresSchema(t), func(i int) time.Duration { return time.Duration(20+37*i%150) * time.Millisecond })
}

func TestAPostgreSQLMigrationThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, postgresSchema(t))
	files, want := andThen(postgresDialect, `CREATE TABLE second (n bigint); INSERT INTO nowhere VALUES (1)`)
	if err := migrate(t.Context(), s.write, files, s.log); err == nil {
		t.Fatal("no error")
	}
	var there bool
	if _, err := s.read.row(t.Context(), `SELECT to_regclass('second') IS NOT NULL`, nil, &there); err != nil || there {
		t.Errorf("half of the migration is there: %v", err)
	}
	files, _ = andThen(postgresDialect, `CREATE TABLE second (n bigint)`)
	if err := migrate(t.Context(), s.write, files, s.log); err != nil {
		t.Fatal(err)
	}
	var version int
	if _, err := s.read.row(t.Context(), `SELECT version FROM about`, nil, &version); err != nil || version != want {
		t.Errorf("version %d, %v", version, err)
	}
}

func TestAServerThatCannotBeUsedIsNamedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	base := postgresSchema(t)
	a, err := parseAddress(base)
	if err != nil {
		t.Fatal(err)
	}
	host := fmt.Sprintf("%s:%d", a.config.Host, a.config.Port)
	for _, c := range []struct {
		dsn, before, want string
	}{
		{"postgres://u:secret@127.0.0.1:1/db", "", "cannot be reached"},
		{"postgres://u:secret@nowhere.invalid/db", "", "cannot be reached"},
		{"postgres://nobody_here:secret@" + host + "/nothing_here", "", "refuses this user"},
		{base, "CREATE SCHEMA " + a.schema + "; CREATE TABLE " + a.schema + ".notes (n int)", "tables of another program"},
		{base, "DROP SCHEMA " + a.schema + " CASCADE; CREATE SCHEMA " + a.schema + "; CREATE TABLE " + a.schema + ".about (version int, epoch int); INSERT INTO " + a.schema + ".about VALUES (99)", "a later Tocsin (version 99"},
	} {
		if c.before != "" {
			if err := atServer(t.Context(), c.before); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Open(t.Context(), c.dsn)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "open database postgres://") {
			t.Errorf("%s: %v", c.dsn, err)
		}
	}
	if _, err := Open(t.Context(), base+"_none", ReadOnly()); err == nil || !strings.Contains(err.Error(), "`tocsin run` makes it") {
		t.Errorf("nothing to read: %v", err)
	}
}
