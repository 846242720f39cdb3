package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// versionOf gives the version to which files lead: their number. It is the one that this program
// reads and writes.
func (d *dialect) versionOf(files fs.FS) int {
	list, err := fs.Glob(files, d.files+"/*.sql")
	if err != nil { // only for a bad pattern
		panic(err)
	}
	return len(list)
}

// migrate brings the database to the version of files. Each migration is one transaction together
// with its number, so that a process killed in the middle goes on where it was.
func migrate(ctx context.Context, w *writer, files fs.FS, log *slog.Logger) error {
	last := w.d.versionOf(files)
	for {
		var version int
		err := w.update(ctx, "migrate", func(t *tx) (err error) {
			if version, err = t.d.version(t); err != nil || version >= last {
				return err
			}
			script, err := fs.ReadFile(files, fmt.Sprintf("%s/%04d.sql", t.d.files, version+1))
			if err != nil {
				return err
			}
			return t.script(string(script) + ";\n" + fmt.Sprintf(t.d.setVersion, version+1))
		})
		switch {
		case err != nil:
			return err
		case version > last:
			return newerError(version, last)
		case version == last:
			return nil
		}
		log.Info("database migrated", "version", version+1)
	}
}

// checkVersion says whether a database that may not be changed can be read.
func checkVersion(version, known int) error {
	switch {
	case version > known:
		return newerError(version, known)
	case version < known:
		return fmt.Errorf("it has version %d and this program reads version %d: start `tocsin run` once to bring it up to date", version, known)
	}
	return nil
}

func newerError(version, known int) error {
	return fmt.Errorf("it was written by a later Tocsin (version %d; this one knows versions up to %d): run that one, or restore an older backup", version, known)
}
