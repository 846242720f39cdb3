package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tocsin-bot/tocsin/bot"
)

// oldestServer is the oldest PostgreSQL that our driver is tested with.
const oldestServer = 14

// checkAge refuses a server of an old version, as server_version_num tells it.
func checkAge(version int) error {
	if version/10000 >= oldestServer {
		return nil
	}
	return fmt.Errorf("this is PostgreSQL %d, and Tocsin needs %d or later", version/10000, oldestServer)
}

// Doctor looks at the server of a PostgreSQL database as a process that begins would, and says what is
// to be done. It changes nothing, and may be asked while another process has the database open. Of a
// file it says nothing.
func Doctor(ctx context.Context, dsn string) []bot.Finding {
	if !isAddress(dsn) {
		return nil
	}
	a, err := parseAddress(dsn)
	if err != nil {
		return []bot.Finding{{What: err.Error(), Hint: operateHint}}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	what, err := a.examine(ctx)
	if err != nil {
		err = describe(err)
		return []bot.Finding{{What: fmt.Sprintf("database %s: %v", a.name, err), Hint: hintOf(err)}}
	}
	return []bot.Finding{{OK: true, What: fmt.Sprintf("database %s: %s", a.name, what)}}
}

// examine says what is at the address.
func (a *address) examine(ctx context.Context) (what string, err error) {
	c, err := pgx.ConnectConfig(ctx, a.config)
	if err != nil {
		return "", err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := greet(ctx, c); err != nil {
		return "", err
	}
	if err := a.readSession(ctx, c); err != nil {
		return "", err
	}
	server := "PostgreSQL " + c.PgConn().ParameterStatus("server_version")
	var there, ours, may bool
	var tables int
	err = c.QueryRow(ctx, `SELECT n.oid IS NOT NULL, to_regclass('about') IS NOT NULL,
			(SELECT count(*) FROM pg_class AS c WHERE c.relnamespace = n.oid AND c.relkind = 'r'),
			CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE') ELSE has_schema_privilege(n.oid, 'CREATE, USAGE') END
		FROM (SELECT 1) AS one LEFT JOIN pg_namespace AS n ON n.nspname = $1`, a.schema).Scan(&there, &ours, &tables, &may)
	switch {
	case err != nil:
		return "", err
	case !may && there:
		return "", fmt.Errorf("%w (it may make no tables in the schema %s)", ErrRights, a.schema)
	case !may:
		return "", fmt.Errorf("%w (it may make no schema in the database)", ErrRights)
	case !ours && tables > 0:
		return "", errOthers
	case !ours:
		return server + ", empty: `tocsin run` makes the tables", nil
	}
	var version int
	if err := c.QueryRow(ctx, `SELECT version FROM about`).Scan(&version); err != nil {
		return "", err
	}
	known := postgresDialect.versionOf(migrations)
	if version > known {
		return "", newerError(version, known)
	}
	return fmt.Sprintf("%s, in use with version %d", server, version), nil
}

const operateHint = "`tocsin help operate` shows how."

func hintOf(err error) string {
	switch {
	case errors.Is(err, ErrAway):
		return "Does the server run, listen at this address, and let this machine in? Try `psql` with the same address."
	case errors.Is(err, ErrRefused):
		return "Look at user and password in the address, PGPASSWORD and ~/.pgpass, and at the server's pg_hba.conf."
	case errors.Is(err, ErrNoDatabase):
		return "Make it with `createdb -O USER -E UTF8 -T template0 NAME`."
	case errors.Is(err, ErrRights):
		return "As its owner: GRANT CREATE ON DATABASE name TO user, or ALTER DATABASE name OWNER TO user."
	}
	return operateHint
}
