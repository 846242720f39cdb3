package matrix

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// everyDatabase runs a test with an empty database of each kind.
func everyDatabase(t *testing.T, run func(t *testing.T, o Options)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		run(t, inDatabase(t, filepath.Join(t.TempDir(), "tocsin.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		run(t, inPostgres(t))
	})
}

var schemas atomic.Int64

// inPostgres gives options for a bot whose tables are in a new schema.
func inPostgres(t testing.TB) Options {
	t.Helper()
	return Options{DB: openPool(t, newSchema(t)), Dialect: "postgres"}
}

// newSchema gives the address of a new schema, which is dropped at the end.
func newSchema(t testing.TB) string {
	t.Helper()
	base := os.Getenv("TOCSIN_POSTGRES")
	if base == "" {
		t.Skip("needs a PostgreSQL server: TOCSIN_POSTGRES=postgres://postgres@127.0.0.1/postgres go test ./bot/matrix")
	}
	schema := fmt.Sprintf("matrix_test_%d_%d", time.Now().UnixNano(), schemas.Add(1))
	admin := openPool(t, base)
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	between := "?"
	if strings.Contains(base, "?") {
		between = "&"
	}
	return base + between + "search_path=" + url.QueryEscape(schema)
}

func openPool(t testing.TB, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func openTables(t testing.TB, o Options) *memory {
	t.Helper()
	m, err := openMemory(t.Context(), o.DB, o.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.close() })
	return m
}

// must is for calls that cannot fail in a test.
func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestMemoryIsTheSameInEveryDatabase(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, o Options) {
		ctx := t.Context()
		if d, err := peekDevice(ctx, o.DB, o.Dialect); err != nil || d != (device{}) {
			t.Errorf("before there are tables the device is %+v, %v", d, err)
		}
		m := openTables(t, o)
		want := device{User: botUser, ID: "DEVICE", Token: "t", Refresh: "r", Expires: 1_900_000_000_123, Lasts: 300_000, Issuer: "https://login.example.org/", Client: "c"}
		for _, d := range []device{{User: botUser}, want} {
			if err := m.setDevice(ctx, d); err != nil {
				t.Fatal(err)
			}
		}
		for name, value := range map[string]string{"empty|!a": "2026", "empty|!b": "", "empt": "x", "Empty|!c": "x"} {
			if err := m.setValue(ctx, name, value); err != nil {
				t.Fatal(err)
			}
		}
		for fact, value := range map[string]any{"encrypted": true, "known": true, "last": "$last", "successor": "!next:example.org", "inviter": anna} {
			if err := m.setRoom(ctx, deskRoom, fact, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.setRoom(ctx, archive, "direct", true); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			e := &event.Event{ID: id.EventID(fmt.Sprint("$", i)), RoomID: deskRoom, Timestamp: int64(1_900_000_000_000 - i), Type: event.EventEncrypted}
			e.Content.VeryRaw = []byte(`{"body": "x"}`)
			for range 2 { // a repeat is harmless
				if err := m.keepLocked(ctx, e, "session"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := m.unlock(ctx, "$1"); err != nil {
			t.Fatal(err)
		}
		pickle := must[string](t)(m.pickleKey(ctx))
		if err := m.close(); err != nil {
			t.Fatal(err)
		}

		m = openTables(t, o)
		if d := must[device](t)(m.device(ctx)); d != want {
			t.Errorf("the device is %+v", d)
		}
		if d := must[device](t)(peekDevice(ctx, o.DB, o.Dialect)); d != want {
			t.Errorf("beside, the device is %+v", d)
		}
		if again := must[string](t)(m.pickleKey(ctx)); again != pickle || pickle == "" {
			t.Errorf("the key was %q and is %q", pickle, again)
		}
		if list := must[map[id.RoomID]string](t)(m.list(ctx, "empty|")); len(list) != 1 || list["!a"] != "2026" {
			t.Errorf("listed %v", list)
		}
		f := must[roomFacts](t)(m.room(ctx, deskRoom))
		if f != (roomFacts{encrypted: true, known: true, last: "$last", successor: "!next:example.org"}) {
			t.Errorf("of the room is known %+v", f)
		}
		if known := must[map[id.RoomID]string](t)(m.known(ctx)); len(known) != 1 {
			t.Errorf("known are %v", known)
		}
		if by := must[map[id.RoomID]id.UserID](t)(m.invitations(ctx)); by[deskRoom] != anna || len(by) != 1 {
			t.Errorf("invitations: %v", by)
		}
		if waiting := must[[]*event.Event](t)(m.locked(ctx)); len(waiting) != 2 || waiting[0].ID != "$2" || waiting[1].ID != "$0" {
			t.Errorf("%d events wait", len(waiting))
		}
	})
}

func TestOneDeviceIsUsedByOneProcessOnPostgreSQL(t *testing.T) {
	t.Parallel()
	o, other := inPostgres(t), inPostgres(t)
	m := openTables(t, o)
	openTables(t, other) // of another bot, in the same database
	if _, err := openMemory(t.Context(), o.DB, o.Dialect); !errors.Is(err, errInUse) {
		t.Errorf("a second process got %v", err)
	}
	// The connection with the lock is lost: it is taken again, unless somebody else has it.
	lose := func() {
		var pid int
		if err := m.lock.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
			t.Fatal(err)
		}
		if _, err := o.DB.ExecContext(t.Context(), `SELECT pg_terminate_backend($1, 5000)`, pid); err != nil {
			t.Fatal(err)
		}
	}
	lose()
	if err := m.hold(t.Context()); err != nil {
		t.Errorf("the lock was not taken again: %v", err)
	}
	if err := m.hold(t.Context()); err != nil {
		t.Error(err)
	}
	lose()
	second := openTables(t, o)
	if err := m.hold(t.Context()); !errors.Is(err, errInUse) {
		t.Errorf("with another process having the device: %v", err)
	}
	if err := second.close(); err != nil {
		t.Error(err)
	}
	if err := m.hold(t.Context()); err != nil {
		t.Errorf("after the other has gone: %v", err)
	}
}

func TestPlatformWorksOnPostgreSQL(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o := inPostgres(t)
	p := open(t, s, func(_ *Config, all *Options) { all.DB, all.Dialect = o.DB, o.Dialect })
	heard := hearing(t, p, nil)
	s.said("!tocsin status", "")
	if in := next(t, heard); in.Text != "status" {
		t.Errorf("heard %+v", in)
	}
	if err := postsOnce(p, "k"); err != nil {
		t.Error(err)
	}
}
