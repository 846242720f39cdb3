package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"
)

// MaxFile is the size from which on a file is refused unread, in bytes.
const MaxFile = 1 << 20

// ReadFile reads a file that a person wrote: a regular file of at most MaxFile bytes. It never
// waits on a FIFO or a device, however it is reached.
func ReadFile(path string) ([]byte, Problems) {
	data, err := readRegular(path, MaxFile)
	if err != nil {
		return nil, Problems{Pos{File: path}.At(err.Error(), readHint(err))}
	}
	return data, nil
}

var (
	errNotRegular = errors.New("is not a regular file")
	errTooLarge   = errors.New("is larger than")
)

func readRegular(path string, limit int64) ([]byte, error) {
	// O_NONBLOCK: opening a FIFO must not wait for a writer; what was opened is looked at, not what
	// the name meant a moment before.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, plain(err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%w but a folder", errNotRegular)
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, plain(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w %d KB", errTooLarge, limit>>10)
	}
	return data, nil
}

// plain drops the path from an error: the problem names it already.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("cannot be read: %w", pe.Err)
	}
	return err
}

func readHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "is the path right, and relative to the right folder?"
	case errors.Is(err, fs.ErrPermission):
		return "give the user that runs tocsin the right to read it"
	case errors.Is(err, errTooLarge):
		return "split it into several files"
	}
	return ""
}

// Load reads the file at path and decodes it into dst.
func Load(path string, dst any) Problems {
	data, problems := ReadFile(path)
	if problems != nil {
		return problems
	}
	return Decode(path, data, dst)
}

// clean gives the text of a file, or says why it is not one.
func clean(file string, data []byte) (string, *Problem) {
	fail := func(offset int, cause, hint string) (string, *Problem) {
		p := offsetPos(file, data, offset).At(cause, hint)
		return "", &p
	}
	switch {
	case len(data) > MaxFile:
		p := Pos{File: file}.At(fmt.Sprintf("is larger than %d KB", MaxFile>>10), "split it into several files")
		return "", &p
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return fail(0, "the file is UTF-16", "save it as UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	text := bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	data = text
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return fail(i, "the file holds a NUL byte", "is it UTF-16 or no text at all? save it as UTF-8")
	}
	if i := firstInvalid(text); i >= 0 {
		return fail(i, fmt.Sprintf("the byte 0x%02x is not UTF-8", text[i]), "save the file as UTF-8")
	}
	if i := bytes.IndexFunc(text, func(r rune) bool { return !Allowed(r) }); i >= 0 {
		r, _ := utf8.DecodeRune(text[i:])
		return fail(i, fmt.Sprintf("the control character %U has no place in a text file", r), "delete it")
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return fail(0, "the file is empty", "an editor may have cut it; delete the file if that is what you want")
	}
	for i, line := range bytes.Split(text, []byte("\n")) {
		for _, mark := range []string{"<<<<<<< ", ">>>>>>> ", "||||||| "} {
			if bytes.HasPrefix(line, []byte(mark)) {
				p := Pos{file, i + 1, 1}.At("unresolved merge conflict", "keep one side and delete the marker lines")
				return "", &p
			}
		}
	}
	return string(text), nil
}

// Allowed tells whether a file may hold the character: tabs, line breaks, and all that YAML 1.2
// calls printable (section 5.1).
func Allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r == 0x85 ||
		r >= 0x20 && r <= 0x7e || r >= 0xa0 && r <= 0xfffd || r >= 0x10000
}

func firstInvalid(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

func offsetPos(file string, data []byte, offset int) Pos {
	before := data[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return Pos{file, bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1}
}

// beside makes a path that a file names relative to that file's folder.
func beside(file, path string) string {
	if filepath.IsAbs(path) || strings.HasPrefix(file, "-") || file == "" {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}
