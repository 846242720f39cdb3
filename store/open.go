package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// applicationID marks our databases: "TOCS".
const applicationID = 0x544F4353

// maxQuickCheck is the size up to which a database is checked at the start. The check reads every
// page, some 400 MB a second on a busy machine.
const maxQuickCheck = 256 << 20

// openFile opens an SQLite database.
func (s *Store) openFile(ctx context.Context, dsn string, o options) (err error) {
	path, err := filePath(dsn)
	if err != nil {
		return err
	}
	s.name = path
	if err := checkFolder(path); err != nil {
		return err
	}
	if !o.readOnly {
		if s.lock, err = lockFile(ctx, path+".lock"); err != nil {
			return err
		}
		if err := create(ctx, path, o); err != nil {
			return err
		}
		s.keepPrivate(path)
	}
	if err := checkFile(path); err != nil {
		return err
	}
	s.readFrom(openPool(path, o, true), sqliteDialect)
	if err := checkDatabase(ctx, s.read.db); err != nil {
		return ofAnother(path, err)
	}
	if o.readOnly {
		s.shared = s.read.db
		var version int
		if _, err := s.read.row(ctx, "PRAGMA user_version", nil, &version); err != nil {
			return err
		}
		return checkVersion(version, sqliteDialect.versionOf(migrations))
	}
	if err := quickCheck(ctx, s.read.db, path); err != nil {
		return ofAnother(path, err)
	}
	s.write = newWriter(openPool(path, o, false), sqliteDialect, o.maxPages)
	if err := migrate(ctx, s.write, migrations, s.log); err != nil {
		return err
	}
	s.shared = openShared(path, o, s.write)
	return s.releaseClaims(ctx) // the lock says that the last process is dead
}

// filePath makes the path of dsn absolute and free of symbolic links, so that it stays the same
// file whatever the process's directory is, and has one lock whatever name it goes by.
func filePath(dsn string) (string, error) {
	if dsn == "" || strings.ContainsRune(dsn, 0) {
		return "", errors.New("no path is given: name a file, such as tocsin.db")
	}
	if scheme, _, ok := strings.Cut(dsn, "://"); ok { // the rest may hold a password
		return "", fmt.Errorf("%s:// is no database: name a file, such as tocsin.db, or postgres://user@host/name", scheme)
	}
	if strings.HasPrefix(dsn, ":memory:") || strings.HasPrefix(dsn, "file:") {
		return "", fmt.Errorf("%q is not a path: name a file, such as tocsin.db, or postgres://user@host/name", dsn)
	}
	path, err := filepath.Abs(dsn)
	if err != nil {
		return "", fmt.Errorf("%s: %w", dsn, err)
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path, nil
}

// checkFolder says what is wrong with the folder of a path.
func checkFolder(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s: make it, or name another place", dir)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder: name another place", dir)
	}
	return nil
}

// checkFile says what is wrong with a file before SQLite looks at it.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file: `tocsin run` makes it")
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("this is a folder: name a file in it, such as tocsin.db")
	case !info.Mode().IsRegular():
		return errors.New("this is not a regular file")
	case info.Size() == 0:
		return errors.New("the file is empty, so what it held is lost: restore it from a backup, or remove it to start anew with a silent first poll")
	}
	return nil
}

// create makes the database when there is none: under another name first, so that a process
// killed at any point leaves either no database or a whole one.
func create(ctx context.Context, path string, o options) error {
	_, err := os.Lstat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Lstat(path + "-wal"); err == nil {
		return fmt.Errorf("the file is gone but %s-wal is still there: restore the database from a backup, or remove that file as well to start anew", path)
	}
	temp := path + ".new"
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(temp + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	// For nobody else to read: it holds what people said to the bot, tokens and keys. SQLite gives
	// its other files the rights of this one.
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	w := newWriter(openPool(temp, o, false), sqliteDialect, o.maxPages)
	err = errors.Join(migrate(ctx, w, migrations, o.log), w.close())
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// keepPrivate takes a database away from readers that it has got since, by being copied say.
func (s *Store) keepPrivate(path string) {
	if runtime.GOOS == "windows" { // rights are lists there, and these bits say nothing
		return
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Lstat(path + suffix)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(path+suffix, 0o600); err != nil {
			s.log.Warn("others can read the database, which holds tokens and keys", "file", path+suffix, "err", err)
			continue
		}
		s.log.Warn("others could read the database, which holds tokens and keys: its rights are now 0600", "file", path+suffix)
	}
}

// syncFolder makes a new name in a folder survive the loss of power, on systems that can do so.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// openPool opens path.
func openPool(path string, o options, readOnly bool) *sql.DB {
	db, err := sql.Open("sqlite", poolURI(path, o, readOnly))
	if err != nil { // only for a driver that is not registered
		panic(err)
	}
	return db
}

// poolURI names path with how it is used. The order of the pragmas counts: waiting for others comes
// first.
func poolURI(path string, o options, readOnly bool) string {
	q := []string{fmt.Sprintf("_pragma=busy_timeout(%d)", o.busy.Milliseconds())}
	if readOnly {
		q = append(q, "mode=ro", "_pragma=query_only(1)", "_pragma=cache_size(-1000)")
	} else {
		q = append(q,
			"_pragma=journal_mode(wal)",
			// A commit survives the loss of power. One transaction holds many polls or a whole
			// batch of a plan, so that the price of it is paid a few times a second.
			"_pragma=synchronous(full)",
			"_pragma=foreign_keys(1)",
			"_pragma=cache_size(-4000)",
			"_pragma=wal_autocheckpoint(4000)",
			"_pragma=journal_size_limit(67108864)",
			"_txlock=immediate")
	}
	return fileURI(path, q...)
}

// fileURI names a file to SQLite, whatever characters its path has.
func fileURI(path string, query ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/…
		path = "/" + path
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(query, "&")}
	return u.String()
}

// checkDatabase finds out whether the file is a database of ours.
func checkDatabase(ctx context.Context, db *sql.DB) error {
	var id, tables int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return describe(err)
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return describe(err)
	}
	if id != applicationID {
		return errors.New("this database belongs to another program: name another file, or none that exists to start anew")
	}
	return nil
}

// quickCheck reads every page of a database that is not too large for that. It goes from table to
// table, since a check of the whole database would also rebuild the full-text index in memory,
// which takes five times as long.
func quickCheck(ctx context.Context, db *sql.DB, path string) error {
	if info, err := os.Stat(path); err != nil || info.Size() > maxQuickCheck {
		return err
	}
	list, err := db.QueryContext(ctx, "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name")
	if err != nil {
		return describe(err)
	}
	tables, err := collect(&rows{list, sqliteDialect}, nil, scanName)
	if err != nil {
		return err
	}
	for _, table := range tables {
		var verdict string
		err := db.QueryRowContext(ctx, "PRAGMA quick_check('"+strings.ReplaceAll(table, "'", "''")+"')").Scan(&verdict)
		if err != nil {
			return describe(err)
		}
		if verdict != "ok" {
			return fmt.Errorf("%w (%s)", ErrDamaged, strings.Join(strings.Fields(verdict), " "))
		}
	}
	return nil
}

// ofAnother adds to a damage what makes one of a good copy: the log of the database in whose place it
// was put.
func ofAnother(path string, err error) error {
	if info, missing := os.Stat(path + "-wal"); missing != nil || info.Size() == 0 || !errors.Is(err, ErrDamaged) {
		return err
	}
	name := filepath.Base(path)
	return fmt.Errorf("%w; if a copy was put in its place just now, remove %s-wal and %s-shm, which are of the old one", err, name, name)
}

func scanName(scan func(...any) error) (name string, err error) {
	err = scan(&name)
	return name, err
}
