package store

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var schemas atomic.Int64

// postgresSchema gives the address of a new, empty schema, which is dropped at the end.
func postgresSchema(t testing.TB) string {
	t.Helper()
	base := os.Getenv("TOCSIN_POSTGRES")
	if base == "" {
		t.Skip("needs a PostgreSQL server: TOCSIN_POSTGRES=postgres://postgres@127.0.0.1/postgres go test ./store")
	}
	schema := fmt.Sprintf("tocsin_test_%d_%d", time.Now().UnixNano(), schemas.Add(1))
	t.Cleanup(func() {
		if err := atServer(context.Background(), "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	between := "?"
	if strings.Contains(base, "?") {
		between = "&"
	}
	return base + between + "search_path=" + url.QueryEscape(schema)
}

// atServer runs a statement beside what is tested.
func atServer(ctx context.Context, query string, args ...any) error {
	c, err := pgx.Connect(ctx, os.Getenv("TOCSIN_POSTGRES"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, query, args...)
	return err
}

// askServer reads one value beside what is tested.
func askServer(ctx context.Context, query string, dest any, args ...any) error {
	c, err := pgx.Connect(ctx, os.Getenv("TOCSIN_POSTGRES"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	return c.QueryRow(ctx, query, args...).Scan(dest)
}
