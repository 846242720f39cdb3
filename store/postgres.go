package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

var postgresDialect = &dialect{
	name:      "postgres",
	files:     "migrations/postgres",
	begin:     "BEGIN",
	patience:  time.Minute,
	translate: (&translated{by: toPostgres}).query,
	encode:    encodeArgs,
	decode:    decodeStrings,
	queues:    true,

	lastStory: `SELECT CASE WHEN a.last_story > s.id THEN a.last_story ELSE s.id END FROM about AS a, (SELECT coalesce(max(id), 0) AS id FROM stories) AS s`,
	size: `(SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind = 'r')`,

	version:    postgresVersion,
	setVersion: "UPDATE about SET version = %d;",

	index: indexLexemes,
	hits:  lexemeHits,
}

var (
	number    = regexp.MustCompile(`\?([0-9]*)`)
	indexedBy = regexp.MustCompile(` INDEXED BY \w+`)
	jsonEach  = regexp.MustCompile(`json_each\((\?[0-9]*)\)`)
)

// toPostgres translates what SQLite and PostgreSQL write differently: numbers of arguments, a list
// of numbers as a table, and the hint which index to take.
func toPostgres(query string) string {
	query = indexedBy.ReplaceAllString(query, "")
	query = jsonEach.ReplaceAllString(query, "(SELECT value::bigint AS value FROM json_array_elements_text(coalesce(nullif($1::text, 'null'), '[]')::json))")
	n := 0
	return number.ReplaceAllStringFunc(query, func(mark string) string {
		if mark == "?" {
			n++
			return "$" + strconv.Itoa(n)
		}
		return "$" + mark[1:]
	})
}

// isAddress tells the address of a server from the path of a file.
func isAddress(dsn string) bool {
	scheme, _, ok := strings.Cut(dsn, "://")
	return ok && (strings.EqualFold(scheme, "postgres") || strings.EqualFold(scheme, "postgresql"))
}

// defaultSchema holds our tables, so that a database may be shared with other programs.
const defaultSchema = "tocsin"

// address is where a PostgreSQL database is.
type address struct {
	config *pgx.ConnConfig
	schema string
	name   string // for people
}

// parseAddress reads an address. What it says of one that it cannot read is nothing of what stands
// in it, which may be a password with a character that has to be escaped.
func parseAddress(dsn string) (*address, error) {
	_, rest, _ := strings.Cut(dsn, "://")
	config, err := pgx.ParseConfig("postgres://" + rest)
	if err != nil {
		return nil, errors.New("the PostgreSQL address cannot be read: write postgres://user:password@host:5432/name; " +
			"in a password the characters @ : / ? # % are written %40 %3A %2F %3F %23 %25")
	}
	a := &address{config: config, schema: defaultSchema}
	if path := config.RuntimeParams["search_path"]; path != "" {
		first, _, _ := strings.Cut(path, ",")
		a.schema = strings.Trim(strings.TrimSpace(first), `"`)
		delete(config.RuntimeParams, "search_path")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "tocsin"
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	config.DialFunc = dialer(config.ConnectTimeout).DialContext
	u := url.URL{Scheme: "postgres", User: url.User(config.User), Host: config.Host, Path: "/" + config.Database}
	if !strings.HasPrefix(config.Host, "/") {
		u.Host = net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	}
	if a.schema != defaultSchema {
		u.RawQuery = "search_path=" + url.QueryEscape(a.schema)
	}
	a.name = u.String()
	return a, nil
}

// dialer makes connections that notice within half a minute that the other end is gone.
func dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{
		Timeout:         timeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
		Control:         boundSilence,
	}
}

// pool opens connections that session prepares. One that it refuses is closed here: the driver would
// leave it open, with its locks.
func (a *address) pool(session func(context.Context, *pgx.Conn) error) *sql.DB {
	return stdlib.OpenDB(*a.config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		err := session(ctx, c)
		if err != nil {
			c.Close(context.WithoutCancel(ctx))
		}
		return err
	}))
}

// openServer opens a PostgreSQL database.
func (s *Store) openServer(ctx context.Context, dsn string, o options) error {
	a, err := parseAddress(dsn)
	if err != nil {
		return err
	}
	s.name = a.name
	if o.readOnly {
		s.readFrom(a.pool(a.readSession), postgresDialect)
		s.shared = s.read.db
		return s.checkServer(ctx)
	}
	s.tenure = &tenure{address: a, busy: o.busy, taken: make(chan struct{})}
	s.write = newWriter(a.pool(s.tenure.writeSession), postgresDialect, 0)
	if err := migrate(ctx, s.write, migrations, s.log); err != nil {
		return err
	}
	alone, err := s.tenure.begin(ctx, s.write)
	if err != nil {
		return err
	}
	s.readFrom(a.pool(a.readSession), postgresDialect)
	s.read.ready = s.settled
	s.shared = a.pool(s.tenure.sideSession)
	s.shared.SetMaxOpenConns(4)
	s.shared.SetConnMaxIdleTime(20 * time.Second)
	if !alone {
		return nil // their leases end in time
	}
	return s.releaseClaims(ctx)
}

// settled waits, before anything is read, for a lost connection to be made anew: what its last
// commit did is not known before then, and nothing may be decided on what might be about to change.
func (s *Store) settled(ctx context.Context) error {
	if !s.write.lost.Load() {
		return nil
	}
	return s.write.reconnect(ctx)
}

// checkServer looks over a database that is only read.
func (s *Store) checkServer(ctx context.Context) error {
	var there bool
	if _, err := s.read.row(ctx, `SELECT to_regclass('about') IS NOT NULL`, nil, &there); err != nil {
		return err
	}
	if !there {
		return ErrEmpty
	}
	var version int
	if _, err := s.read.row(ctx, `SELECT version FROM about`, nil, &version); err != nil {
		return err
	}
	return checkVersion(version, postgresDialect.versionOf(migrations))
}

var errOthers = errors.New("its schema holds tables of another program: name another schema, such as ?search_path=news")

// postgresVersion gives the version of the database; 0 when it is empty.
func postgresVersion(t *tx) (version int, err error) {
	var ours bool
	var tables int
	if _, err := t.row(`SELECT to_regclass('about') IS NOT NULL,
		(SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r')`,
		nil, &ours, &tables); err != nil {
		return 0, err
	}
	switch {
	case !ours && tables > 0:
		return 0, errOthers
	case !ours:
		return 0, nil
	}
	_, err = t.row(`SELECT version FROM about`, nil, &version)
	return version, err
}

// readSession prepares a connection that reads.
func (a *address) readSession(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, "SET search_path = "+pgx.Identifier{a.schema}.Sanitize()+";"+
		"SET default_transaction_read_only = on; SET statement_timeout = '2min'; SET lock_timeout = '10s'")
	return err
}

// sendBatch runs statements in one round trip.
func sendBatch(ctx context.Context, conn *sql.Conn, queue []queued) error {
	changed := make([]int64, len(queue))
	err := conn.Raw(func(c any) error {
		batch := &pgx.Batch{}
		for _, q := range queue {
			batch.Queue(q.query, q.args...)
		}
		results := c.(*stdlib.Conn).Conn().SendBatch(ctx, batch)
		for i := range queue {
			tag, err := results.Exec()
			if err != nil {
				results.Close()
				return err
			}
			changed[i] = tag.RowsAffected()
		}
		return results.Close()
	})
	if err != nil {
		return err
	}
	for i, q := range queue {
		if q.then != nil {
			if err := q.then(changed[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// commit ends a transaction. One in which a statement failed is rolled back by COMMIT, which only
// its tag tells.
func commit(ctx context.Context, conn *sql.Conn) error {
	return conn.Raw(func(c any) error {
		tag, err := c.(*stdlib.Conn).Conn().Exec(ctx, "COMMIT")
		if err == nil && tag.String() != "COMMIT" {
			err = fmt.Errorf("the transaction was rolled back: %s", tag)
		}
		return err
	})
}

// reserveKeys makes keys for items that are about to be inserted, where that takes a round trip.
func (t *tx) reserveKeys(n int) error {
	if !t.d.queues || n == 0 {
		return nil
	}
	list, err := t.query(`SELECT nextval(pg_get_serial_sequence('items', 'key')) FROM generate_series(1, ?::int)`, n)
	t.keys, err = collect(list, err, scanID)
	return err
}

// insertItemRow inserts an item and gives its key, which is the first of args.
func (t *tx) insertItemRow(query string, args ...any) (key int64, err error) {
	if !t.d.queues {
		return t.insert(query, "key", append([]any{nil}, args...)...)
	}
	key, t.keys = t.keys[0], t.keys[1:]
	return key, t.do(query, append([]any{key}, args...)...)
}
