package matrix

import (
	"sync"
	"testing"

	"github.com/tocsin-bot/tocsin/store"
)

// databases are the open ones of all tests, by path: a bot that starts again in the same test finds
// its own.
var databases = struct {
	sync.Mutex
	open map[string]*store.Store
}{open: map[string]*store.Store{}}

// inDatabase gives options for a bot whose tables are in the database at path, as the program has them.
func inDatabase(t testing.TB, path string) Options {
	t.Helper()
	databases.Lock()
	defer databases.Unlock()
	s := databases.open[path]
	if s == nil {
		var err error
		if s, err = store.Open(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		databases.open[path] = s
		t.Cleanup(func() { closeDatabase(t, path) })
	}
	db, dialect := s.DB()
	return Options{DB: db, Dialect: dialect}
}

func closeDatabase(t testing.TB, path string) {
	t.Helper()
	databases.Lock()
	defer databases.Unlock()
	if s := databases.open[path]; s != nil {
		delete(databases.open, path)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
