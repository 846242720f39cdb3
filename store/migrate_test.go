package store

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/tocsin-bot/tocsin/feeds"
)

// A database goes through each migration once, so that a later change of one reaches no database
// that is in use.
func TestMigrationsThatDatabasesWentThroughStayAsTheyAre(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"migrations/sqlite/0001.sql":   "a0d30dd979340621",
		"migrations/sqlite/0002.sql":   "6174fbccc4e48304",
		"migrations/postgres/0001.sql": "be105a73860e6257",
		"migrations/postgres/0002.sql": "777b68bbc6c8bac6",
		"migrations/sqlite/0003.sql":   "070561e98f6f8eb0",
	}
	list, err := fs.Glob(migrations, "migrations/*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range list {
		text, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(text))[:16]
		switch want[name] {
		case sum:
		case "":
			t.Errorf("%s is new: note its sum, %s, here", name, sum)
		default:
			t.Errorf("%s has changed: write another migration instead", name)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s is gone", name)
	}
}

func TestPrintsThatAMigrationEmptiedAreLearntAnew(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, filepath.Join(t.TempDir(), "tocsin.db"))
	save := func(title string) feeds.Decision {
		t.Helper()
		p := pollOf("wire", 3)
		p.Items[1].Title = title
		d, err := s.SavePolls(t.Context(), []*feeds.Poll{p})
		if err != nil {
			t.Fatal(err)
		}
		return d[0]
	}
	save("Twelve were hurt")
	err := s.write.update(t.Context(), "empty", func(tx *tx) error { return tx.do(`UPDATE identities SET prints = x''`) })
	if err != nil {
		t.Fatal(err)
	}
	if d := save("Twelve were hurt"); d.Known != 3 || len(d.Learnt) != 3 {
		t.Errorf("the first poll afterwards: %+v", d)
	}
	if d := save("Thirty were hurt"); d.Known != 2 || d.Revised != 1 || len(d.Learnt) != 0 {
		t.Errorf("a correction afterwards: %+v", d)
	}
}
