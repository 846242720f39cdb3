package store

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// refusing is a server that answers whoever comes with one error.
func refusing(t *testing.T, code, message string) (host string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				server := pgproto3.NewBackend(conn, conn)
				first, err := server.ReceiveStartupMessage()
				if _, wantsTLS := first.(*pgproto3.SSLRequest); wantsTLS {
					if _, err = conn.Write([]byte("N")); err == nil {
						_, err = server.ReceiveStartupMessage()
					}
				}
				if err == nil {
					server.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: message})
					_ = server.Flush()
				}
			}()
		}
	}()
	return l.Addr().String()
}

// doctored is what the doctor says in one line.
func doctored(t *testing.T, dsn string) string {
	t.Helper()
	var lines []string
	for _, f := range Doctor(t.Context(), dsn) {
		lines = append(lines, fmt.Sprintf("%v %s → %s", f.OK, f.What, f.Hint))
	}
	return strings.Join(lines, "\n")
}

func TestTheDoctorSaysWhyAServerDoesNotServe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ dsn, want, hint string }{
		{"postgres://u:secret@" + refusing(t, "28P01", `password authentication failed for user "u"`) + "/db", "refuses this user: check the user and the password (password authentication failed", "pg_hba.conf"},
		{"postgres://u:secret@" + refusing(t, "28000", `no pg_hba.conf entry for host "10.0.0.7"`) + "/db", "refuses this user", "pg_hba.conf"},
		{"postgres://u:secret@" + refusing(t, "3D000", `database "db" does not exist`) + "/db", "no database of this name", "createdb"},
		{"postgres://u:secret@" + refusing(t, "57P03", "the database system is starting up") + "/db", "cannot be reached (the database system is starting up", "Does the server run"},
		{"postgres://u:secret@" + refusing(t, "53300", "sorry, too many clients already") + "/db", "too many clients", "help operate"},
		{"postgres://u:secret@127.0.0.1:1/db", "cannot be reached (nothing listens there)", "Does the server run"},
		{"postgres://u:secret@nowhere.invalid/db", "there is no host nowhere.invalid", "Does the server run"},
		{"postgres://u:secret%zz@host/db", "cannot be read", "help operate"},
	} {
		if said := doctored(t, c.dsn); !strings.HasPrefix(said, "false ") || !strings.Contains(said, c.want) || !strings.Contains(said, c.hint) ||
			strings.Contains(said, "secret") || strings.Contains(said, "\n") {
			t.Errorf("%s: %s", c.dsn, said)
		}
	}
	if said := doctored(t, filepath.Join(t.TempDir(), "tocsin.db")); said != "" {
		t.Errorf("of a file it says %s", said)
	}
}

func TestTheDoctorLooksAtADatabaseBesideItsBot(t *testing.T) {
	t.Parallel()
	address := postgresSchema(t)
	a, err := parseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	if said := doctored(t, address); !strings.HasPrefix(said, "true ") || !strings.Contains(said, "empty") {
		t.Errorf("of an empty database: %s", said)
	}
	s := mustOpen(t, address)
	if said := doctored(t, address); !strings.HasPrefix(said, "true ") || !strings.Contains(said, "in use") {
		t.Errorf("of one in use: %s", said)
	}
	if err := s.SaveBlob(t.Context(), "a", nil); err != nil {
		t.Errorf("the bot was disturbed: %v", err)
	}
	s.Close()
	for _, c := range []struct{ change, want string }{
		{"UPDATE " + a.schema + ".about SET version = 99", "a later Tocsin (version 99"},
		{"DROP TABLE " + a.schema + ".about", "tables of another program"},
	} {
		if err := atServer(t.Context(), c.change); err != nil {
			t.Fatal(err)
		}
		if said := doctored(t, address); !strings.HasPrefix(said, "false ") || !strings.Contains(said, c.want) {
			t.Errorf("after %s: %s", c.change, said)
		}
	}
}

func TestAnOldServerIsRefused(t *testing.T) {
	t.Parallel()
	if err := checkAge(130022); err == nil || err.Error() != "this is PostgreSQL 13, and Tocsin needs 14 or later" {
		t.Errorf("13.22: %v", err)
	}
	for _, version := range []int{140000, 150020, 180001} {
		if err := checkAge(version); err != nil {
			t.Error(err)
		}
	}
}
