package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tocsin-bot/tocsin/store"
	"github.com/tocsin-bot/tocsin/store/storetest"
)

func TestSQLiteKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Backend { return open(t, filepath.Join(t.TempDir(), "tocsin.db")) })
}

func TestPostgreSQLKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	if os.Getenv("TOCSIN_POSTGRES") == "" {
		store.PostgresSchema(t) // says how to run it
	}
	storetest.Run(t, func(t *testing.T) storetest.Backend { return open(t, store.PostgresSchema(t)) })
}

func open(t testing.TB, path string, opts ...store.Option) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
