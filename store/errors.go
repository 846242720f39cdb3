package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with the database itself. Errors of all methods wrap these.
var (
	ErrBusy     = errors.New("another program holds the database: it is tried again")
	ErrFull     = errors.New("the disk is full: free some space and it goes on by itself")
	ErrDamaged  = errors.New("the database is damaged: stop, restore it from a backup, or save what can be saved with `sqlite3 FILE .recover`")
	ErrNotOurs  = errors.New("this is not a database: name another file, or none that exists to start anew")
	ErrReadOnly = errors.New("the database may only be read: check the owner and the rights of the file and its folder")
	ErrIO       = errors.New("the disk fails, or is full: look at its free space and at the system's log")

	// Of PostgreSQL alone.
	ErrEmpty      = errors.New("there is nothing of Tocsin in this database yet: `tocsin run` makes it")
	ErrAway       = errors.New("the database server cannot be reached")
	ErrRefused    = errors.New("the database server refuses this user: check the user and the password")
	ErrNoDatabase = errors.New("the server has no database of this name: make it, or name another")
	ErrRights     = errors.New("the user lacks rights on the database")
	ErrTaken      = errors.New("another process has taken the database over while the server could not be reached: this one stops, since what it remembers is out of date")
)

// describe puts what an error of the database means before it.
func describe(err error) error {
	meaning := meaningOf(err)
	if meaning == nil || errors.Is(err, meaning) {
		return err
	}
	return &described{meaning, err}
}

// described is an error with what it means.
type described struct{ meaning, cause error }

func (e *described) Error() string   { return fmt.Sprintf("%v (%s)", e.meaning, causeOf(e.cause)) }
func (e *described) Unwrap() []error { return []error{e.meaning, e.cause} }

// causeOf says a cause in one line. That of a connection which cannot be made would name each address
// and way that was tried.
func causeOf(err error) string {
	var connecting *pgconn.ConnectError
	if !errors.As(err, &connecting) {
		return err.Error()
	}
	var post *pgconn.PgError
	var name *net.DNSError
	var network net.Error
	switch {
	case errors.As(err, &post):
		return fmt.Sprintf("%s, SQLSTATE %s", post.Message, post.Code)
	case errors.As(err, &name):
		return "there is no host " + name.Name
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "no answer in time"
	}
	return strings.Join(strings.Fields(connecting.Unwrap().Error()), " ")
}

func meaningOf(err error) error {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return map[int]error{
			sqlite3.SQLITE_BUSY: ErrBusy, sqlite3.SQLITE_LOCKED: ErrBusy, sqlite3.SQLITE_FULL: ErrFull,
			sqlite3.SQLITE_CORRUPT: ErrDamaged, sqlite3.SQLITE_NOTADB: ErrNotOurs, sqlite3.SQLITE_IOERR: ErrIO,
			sqlite3.SQLITE_READONLY: ErrReadOnly, sqlite3.SQLITE_CANTOPEN: ErrReadOnly, sqlite3.SQLITE_PERM: ErrReadOnly,
		}[lite.Code()&0xff]
	}
	var post *pgconn.PgError
	if errors.As(err, &post) {
		return meaningOfState(post.Code)
	}
	if isLost(err) {
		return ErrAway
	}
	return nil
}

// meaningOfState reads an SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
func meaningOfState(code string) error {
	switch code {
	case "40001", "40P01", "55P03", "57014", "53300": // it lost to another, waited too long, or there were too many
		return ErrBusy
	case "53100":
		return ErrFull
	case "58030":
		return ErrIO
	case "25006": // it has become a standby
		return ErrAway
	case "28000", "28P01":
		return ErrRefused
	case "3D000":
		return ErrNoDatabase
	case "42501":
		return ErrRights
	}
	if strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P") {
		return ErrAway
	}
	return nil
}

// isLost says whether err means that the connection to the server is gone.
func isLost(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var post *pgconn.PgError
	if errors.As(err, &post) {
		return meaningOfState(post.Code) == ErrAway
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.As(err, &connecting) || errors.As(err, &network) || pgconn.SafeToRetry(err)
}
