package matrix

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"
)

// memory is what must outlive the process: the device, the place in the sync, what is known of
// rooms, and with encryption the keys. Its tables, matrix_…, stand in the bot's database beside
// those of the library, mx_… and crypto_….
type memory struct {
	*dbutil.Database
	rooms *sqlstatestore.SQLStateStore

	lockMu sync.Mutex
	lock   *sql.Conn // of PostgreSQL, which has the lock
}

//go:embed migrations/*.sql
var migrations embed.FS

var upgrades = dbutil.BuildUpgradeTable().WithFSPath(migrations, "migrations").Finish()

// newMemory names the database; it asks nothing of it.
func newMemory(db *sql.DB, dialect string) (*memory, error) {
	if db == nil {
		return nil, errors.New("no database is given")
	}
	all, err := dbutil.NewWithDB(db, dialect)
	if err != nil {
		return nil, err
	}
	m := &memory{Database: all.Child("matrix_version", upgrades, dbutil.NoopLogger)}
	m.rooms = sqlstatestore.NewSQLStateStore(all, dbutil.NoopLogger, false)
	return m, nil
}

// openMemory makes the tables where they are not there yet. Only one process can have them open.
func openMemory(ctx context.Context, db *sql.DB, dialect string) (*memory, error) {
	m, err := newMemory(db, dialect)
	if err != nil {
		return nil, fmt.Errorf("open the Matrix tables: %w", err)
	}
	if err := m.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the Matrix tables: %w", err), m.close())
	}
	return m, nil
}

// peekDevice reads which device a database belongs to, while another process may have it open. It is
// zero when there is none yet.
func peekDevice(ctx context.Context, db *sql.DB, dialect string) (device, error) {
	m, err := newMemory(db, dialect)
	if err != nil {
		return device{}, err
	}
	if there, err := m.has(ctx, "matrix_values"); err != nil || !there {
		return device{}, err
	}
	return m.device(ctx)
}

// has says whether there is a table. The library would look into all schemas of PostgreSQL.
func (m *memory) has(ctx context.Context, table string) (there bool, err error) {
	query := `SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = $1`
	if m.Dialect == dbutil.Postgres {
		query = `SELECT to_regclass($1) IS NOT NULL`
	}
	err = m.QueryRow(ctx, query, table).Scan(&there)
	return there, err
}

func (m *memory) open(ctx context.Context) error {
	if err := m.hold(ctx); err != nil {
		return err
	}
	// The library looks for its tables of versions in all schemas of a PostgreSQL database, and would
	// take those of another bot for its own.
	for _, table := range []string{m.VersionTable, m.rooms.VersionTable, "crypto_version"} {
		if _, err := m.Exec(ctx, `CREATE TABLE IF NOT EXISTS `+table+` (version INTEGER, compat INTEGER)`); err != nil {
			return err
		}
	}
	if err := m.Upgrade(ctx); err != nil {
		return err
	}
	return m.rooms.Upgrade(ctx)
}

// errInUse is for a second process: one device with two would use keys twice.
var errInUse = errors.New("another process has them open, and one device can be used by one process only: stop that one first")

// lockName is one lock for each schema of a PostgreSQL database.
const lockName = `hashtext('tocsin matrix ' || current_schema())`

// hold makes sure that no other process uses the device. A file of SQLite is opened by one process
// only; in PostgreSQL a connection has a lock, which ends with it and is then taken again.
func (m *memory) hold(ctx context.Context) error {
	if m.Dialect != dbutil.Postgres {
		return nil
	}
	m.lockMu.Lock()
	defer m.lockMu.Unlock()
	if m.lock != nil {
		if err := m.lock.PingContext(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		m.lock.Close()
		m.lock = nil
	}
	conn, err := m.RawDB.Conn(ctx)
	if err != nil {
		return err
	}
	got := false
	if err = conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(`+lockName+`)`).Scan(&got); err == nil && !got {
		err = errInUse
	}
	if err != nil {
		conn.Close()
		return err
	}
	m.lock = conn
	return nil
}

// close gives back the lock. The database belongs to whoever opened it.
func (m *memory) close() error {
	m.lockMu.Lock()
	defer m.lockMu.Unlock()
	if m.lock == nil {
		return nil
	}
	_, err := m.lock.ExecContext(context.Background(), `SELECT pg_advisory_unlock(`+lockName+`)`)
	err = errors.Join(err, m.lock.Close())
	m.lock = nil
	return err
}

// value gives what is kept under a name; empty for nothing.
func (m *memory) value(ctx context.Context, name string) (value string, err error) {
	err = m.QueryRow(ctx, `SELECT value FROM matrix_values WHERE name = $1`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, wrap("read "+name, err)
}

func (m *memory) setValue(ctx context.Context, name, value string) error {
	_, err := m.Exec(ctx, `INSERT INTO matrix_values (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return wrap("keep "+name, err)
}

// list gives what is kept under all names that begin with prefix, by the rest of the name.
func (m *memory) list(ctx context.Context, prefix string) (map[id.RoomID]string, error) {
	rows, err := m.Query(ctx, `SELECT substr(name, $1), value FROM matrix_values WHERE substr(name, 1, $2) = $3 AND value <> ''`, len(prefix)+1, len(prefix), prefix)
	return pairs[id.RoomID, string](rows, err, "list "+prefix)
}

func wrap(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s in the Matrix tables: %w", doing, err)
	}
	return nil
}

func (m *memory) device(ctx context.Context) (d device, err error) {
	value, err := m.value(ctx, "device")
	if err == nil && value != "" {
		err = wrap("read the device", json.Unmarshal([]byte(value), &d))
	}
	return d, err
}

func (m *memory) setDevice(ctx context.Context, d device) error {
	value, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return m.setValue(ctx, "device", string(value))
}

// pickleKey gives the key that was made when none was given.
func (m *memory) pickleKey(ctx context.Context) (string, error) {
	key, err := m.value(ctx, "pickle")
	if err == nil && key == "" {
		key = rand.Text()
		err = m.setValue(ctx, "pickle", key)
	}
	return key, err
}

// forgetKeys removes the keys of a device that is used no more. There are none in a program without
// encryption.
func (m *memory) forgetKeys(ctx context.Context, old id.DeviceID) error {
	for _, table := range []string{"crypto_account", "crypto_olm_session", "crypto_megolm_inbound_session", "crypto_megolm_outbound_session"} {
		if there, err := m.has(ctx, table); err != nil || !there {
			return wrap("look for old keys", err)
		}
		if _, err := m.Exec(ctx, `DELETE FROM `+table+` WHERE account_id = $1`, string(old)); err != nil {
			return wrap("forget the keys of the old device", err)
		}
	}
	return nil
}

// roomFacts is what is remembered of a room.
type roomFacts struct {
	encrypted, direct, known bool
	last                     id.EventID
	successor                id.RoomID
}

func (m *memory) room(ctx context.Context, room id.RoomID) (f roomFacts, err error) {
	err = m.QueryRow(ctx, `SELECT encrypted, direct, known, last, successor FROM matrix_rooms WHERE room = $1`, room).
		Scan(&f.encrypted, &f.direct, &f.known, &f.last, &f.successor)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return f, wrap("read the room", err)
}

// setRoom sets one of the facts: encrypted, direct, known, inviter, last or successor.
func (m *memory) setRoom(ctx context.Context, room id.RoomID, fact string, value any) error {
	switch fact {
	case "encrypted", "direct", "known", "inviter", "last", "successor":
	default:
		panic("no fact of a room: " + fact)
	}
	_, err := m.Exec(ctx, `INSERT INTO matrix_rooms (room, `+fact+`) VALUES ($1, $2)
		ON CONFLICT (room) DO UPDATE SET `+fact+` = excluded.`+fact, room, value)
	return wrap("keep the room", err)
}

// invitations gives the rooms that we have accepted to join, with who invited us.
func (m *memory) invitations(ctx context.Context) (map[id.RoomID]id.UserID, error) {
	rows, err := m.Query(ctx, `SELECT room, inviter FROM matrix_rooms WHERE inviter <> ''`)
	return pairs[id.RoomID, id.UserID](rows, err, "read invitations")
}

// known gives the rooms that we were in at the end of the last sync.
func (m *memory) known(ctx context.Context) (map[id.RoomID]string, error) {
	rows, err := m.Query(ctx, `SELECT room, '' FROM matrix_rooms WHERE known`)
	return pairs[id.RoomID, string](rows, err, "read the rooms")
}

// successors gives old to new for all rooms that were replaced.
func (m *memory) successors(ctx context.Context) (map[id.RoomID]id.RoomID, error) {
	rows, err := m.Query(ctx, `SELECT room, successor FROM matrix_rooms WHERE successor <> ''`)
	return pairs[id.RoomID, id.RoomID](rows, err, "read replaced rooms")
}

func pairs[K, V ~string](rows dbutil.Rows, err error, doing string) (map[K]V, error) {
	if err != nil {
		return nil, wrap(doing, err)
	}
	defer rows.Close()
	out := map[K]V{}
	for rows.Next() {
		var k K
		var v V
		if err := rows.Scan(&k, &v); err != nil {
			return nil, wrap(doing, err)
		}
		out[k] = v
	}
	return out, wrap(doing, rows.Err())
}

// maxLocked bounds the events that wait for keys; the oldest are given up.
const maxLocked = 1000

// keepLocked keeps an event until its key comes.
func (m *memory) keepLocked(ctx context.Context, e *event.Event, session id.SessionID) error {
	content, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = m.Exec(ctx, `INSERT INTO matrix_locked (event, room, session, sent, content) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (event) DO NOTHING`, e.ID, e.RoomID, session, e.Timestamp, string(content))
	if err == nil {
		_, err = m.Exec(ctx, `DELETE FROM matrix_locked WHERE event NOT IN
			(SELECT event FROM matrix_locked ORDER BY sent DESC LIMIT $1)`, maxLocked)
	}
	return wrap("keep an event without a key", err)
}

// locked gives the events that wait for keys, oldest first. One that cannot be read is left out.
func (m *memory) locked(ctx context.Context) (out []*event.Event, err error) {
	rows, err := m.Query(ctx, `SELECT room, content FROM matrix_locked ORDER BY sent`)
	if err != nil {
		return nil, wrap("read events without a key", err)
	}
	defer rows.Close()
	for rows.Next() {
		var room id.RoomID
		var content string
		if err := rows.Scan(&room, &content); err != nil {
			return nil, wrap("read events without a key", err)
		}
		var e event.Event
		if json.Unmarshal([]byte(content), &e) == nil {
			e.RoomID = room
			out = append(out, &e)
		}
	}
	return out, wrap("read events without a key", rows.Err())
}

func (m *memory) unlock(ctx context.Context, e id.EventID) error {
	_, err := m.Exec(ctx, `DELETE FROM matrix_locked WHERE event = $1`, e)
	return wrap("forget an event without a key", err)
}
