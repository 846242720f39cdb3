package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/feeds"
)

func TestOneProcessHasTheDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s := mustOpen(t, path)
	if _, err := Open(t.Context(), path); !errors.Is(err, errLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("a second store: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err == nil { // Windows may forbid it
		if _, err := Open(t.Context(), link); !errors.Is(err, errLocked) {
			t.Errorf("a second store by another name: %v", err)
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_VICTIM="+path, "STORE_TEST_ROLE=create")
	out, err := cmd.Output()
	if err == nil || !strings.Contains(string(out), "another process has it open") {
		t.Errorf("a second process: %s, %v", out, err)
	}
	if _, err := s.SavePolls(t.Context(), []*feeds.Poll{pollOf("a", 3)}); err != nil {
		t.Fatal(err)
	}
	reader := mustOpen(t, path, ReadOnly())
	if states, err := reader.States(t.Context()); err != nil || len(states) != 1 {
		t.Errorf("a reader beside it: %v, %v", states, err)
	}
	if found, err := reader.Search(t.Context(), "report", 10); err != nil || len(found) != 3 {
		t.Errorf("a reader found %d, %v", len(found), err)
	}
	if err := reader.SaveBlob(t.Context(), "a", nil); err == nil {
		t.Error("a reader wrote")
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if err := s.SaveBlob(t.Context(), "a", nil); err == nil {
		t.Error("a closed store wrote")
	}
	mustOpen(t, path)
}

func TestAFileThatCannotBeUsedIsNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	write := func(content []byte) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	execute := func(query string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", fileURI(path))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(query); err != nil {
				t.Fatal(err)
			}
			db.Close()
		}
	}
	filled := func(t *testing.T, path string) {
		s := mustOpen(t, path)
		for n := range 40 {
			if _, err := s.SavePolls(t.Context(), []*feeds.Poll{pollOf(fmt.Sprint("feed", n), 20)}); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		opts []Option
		want string
	}{
		{"empty", write(nil), nil, "the file is empty"},
		{"text", write([]byte(strings.Repeat("not a database\n", 1000))), nil, "this is not a database"},
		{"folder", func(t *testing.T, path string) { os.Mkdir(path, 0o755) }, nil, "this is a folder"},
		{"no folder", func(t *testing.T, path string) { os.Remove(filepath.Dir(path)) }, nil, "there is no folder"},
		{"no file to read", func(t *testing.T, path string) {}, []Option{ReadOnly()}, "there is no such file"},
		{"of another program", execute("CREATE TABLE notes (n)"), nil, "belongs to another program"},
		{"later version", func(t *testing.T, path string) { filled(t, path); execute("PRAGMA user_version = 99")(t, path) }, nil, "a later Tocsin (version 99"},
		{"later version, to read", func(t *testing.T, path string) { filled(t, path); execute("PRAGMA user_version = 99")(t, path) }, []Option{ReadOnly()}, "a later Tocsin (version 99"},
		{"earlier version, to read", func(t *testing.T, path string) { filled(t, path); execute("PRAGMA user_version = 0")(t, path) }, []Option{ReadOnly()}, "start `tocsin run` once"},
		{"8 KB of 0xff in the middle", func(t *testing.T, path string) {
			filled(t, path)
			overwrite(t, path, 0.5, 8192)
		}, nil, "the database is damaged"},
		{"8 KB of 0xff at the beginning", func(t *testing.T, path string) { filled(t, path); overwrite(t, path, 0, 8192) }, nil, "this is not a database"},
		{"half of it", func(t *testing.T, path string) {
			filled(t, path)
			info, _ := os.Stat(path)
			os.Truncate(path, info.Size()/2)
		}, nil, "the database is damaged"},
		{"gone, but not its log", func(t *testing.T, path string) { write([]byte("x"))(t, path+"-wal") }, nil, "is still there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "dir", "tocsin.db")
			if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			c.make(t, path)
			before, _ := os.ReadFile(path)
			s, err := Open(t.Context(), path, c.opts...)
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if msg := err.Error(); !strings.Contains(msg, c.want) || !strings.Contains(msg, path) || strings.Contains(msg, "\n") || len(msg) > 400 {
				t.Errorf("error: %s", msg)
			}
			if after, _ := os.ReadFile(path); !slices.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func overwrite(t *testing.T, path string, at float64, n int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, _ := f.Seek(0, io.SeekEnd)
	junk := make([]byte, n)
	for i := range junk {
		junk[i] = 0xff
	}
	if _, err := f.WriteAt(junk, int64(float64(size)*at)/4096*4096); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyElseMayReadADatabase(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has rights of another kind")
	}
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s := mustOpen(t, path)
	if err := s.SaveBlob(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("tocsin.db%s has the rights %v", suffix, info.Mode())
		}
	}
}

func TestAnAddressThatIsNotAPathIsRefused(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"": "no path is given", "mysql://u:secret@host/db": "mysql:// is no database", "postgres://u:secret%zz@host/db": "cannot be read", "postgres://u:p@secret:x/db": "cannot be read",
		":memory:": "is not a path", "file:x.db?mode=ro": "is not a path", "a\x00b": "no path is given",
	} {
		_, err := Open(t.Context(), dsn)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", dsn, err)
		}
	}
}

func TestAnyPathCanBeOpened(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with blank.db", "100%.db", "a?b=c.db", "a#b.db", "ü-حفتر.db", "a&b;c.db", "%41.db", "a'b\".db"} {
		path := filepath.Join(t.TempDir(), name)
		s := mustOpen(t, path)
		if _, err := s.SavePolls(t.Context(), []*feeds.Poll{pollOf("a", 1)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}
