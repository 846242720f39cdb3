package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// databaseFile holds the address of a newsroom's PostgreSQL database, when it has one.
const databaseFile = "database-address"

// needPostgres skips a test without a server.
func needPostgres(t *testing.T) {
	t.Helper()
	if os.Getenv("TOCSIN_POSTGRES") == "" {
		t.Skip("needs a PostgreSQL server: TOCSIN_POSTGRES=postgres://postgres@127.0.0.1/postgres TOCSIN_HEAVY=1 go test ./cmd/tocsin")
	}
}

// newDatabase makes a database as a copy of the one at from, or an empty one, gives its address and
// drops it at the end.
func newDatabase(t *testing.T, from string) string {
	t.Helper()
	u, err := url.Parse(os.Getenv("TOCSIN_POSTGRES"))
	if err != nil {
		t.Fatal("TOCSIN_POSTGRES is no address")
	}
	name := fmt.Sprintf("tocsin_test_%d", time.Now().UnixNano())
	template := "template0"
	if old, err := url.Parse(from); err == nil && from != "" {
		template = strings.TrimPrefix(old.Path, "/")
	}
	server := u.String()
	execute := func(query string) error {
		ctx := context.Background()
		c, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		_, err = c.Exec(ctx, query)
		return err
	}
	for { // the server takes a moment to see that a program that used it is gone
		err = execute(fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s ENCODING 'UTF8'", name, template))
		var inUse *pgconn.PgError
		if !errors.As(err, &inUse) || inUse.Code != "55006" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

// useDatabase keeps the newsroom's memory at an address.
func (n *newsroom) useDatabase(address string) {
	n.t.Helper()
	if err := os.WriteFile(filepath.Join(n.dir, databaseFile), []byte(address), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// withPostgres is the folder of a newsroom that nobody has used, with an empty database.
func withPostgres(t *testing.T) string {
	t.Helper()
	n := &newsroom{t: t, dir: t.TempDir()}
	if _, err := writeStarter(n.dir); err != nil {
		t.Fatal(err)
	}
	n.useDatabase(newDatabase(t, ""))
	return n.dir
}

func TestKilledAtEveryStepWithPostgreSQLTellsEverythingOnce(t *testing.T) {
	t.Parallel()
	heavy(t)
	needPostgres(t)
	killAtEveryStep(t, withPostgres(t), 3)
}

func TestKilledAtRandomMomentsWithPostgreSQLTellsEverythingOnce(t *testing.T) {
	t.Parallel()
	heavy(t)
	needPostgres(t)
	killAtRandom(t, withPostgres(t), 20)
}

// The whole program with PostgreSQL: it tells a story, a second process is refused in words, and
// status reads beside it.
func TestTheProgramRunsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	heavy(t)
	needPostgres(t)
	bin := buildTocsin(t, "")
	n := newNewsroom(t, bin, withPostgres(t))
	for i := range n.wire.Stages() {
		n.wire.Publish(i)
		if out, err := n.once(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if told := n.told(); len(told) < 6 {
		t.Errorf("told %q", told)
	}
}
