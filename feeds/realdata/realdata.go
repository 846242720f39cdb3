// Package realdata answers the question: where is the real news that tests measure with? It is
// publishers' text and no part of the repository: a folder named by TOCSIN_TESTDATA, or shared/data
// beside the checkout. A test that asks for what is not there is skipped, and says what makes it run.
package realdata

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Dir gives the folder.
func Dir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("TOCSIN_TESTDATA")
	if dir == "" {
		dir = filepath.Join(filepath.Dir(checkout(t)), "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("needs real news, which is no part of the repository: TOCSIN_TESTDATA=FOLDER go test . (%v)", err)
	}
	return dir
}

// checkout gives the folder of go.mod: tests run in the folders of their packages.
func checkout(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	return dir
}

// File gives the path of the first file in the folder that matches a pattern of path/filepath.
func File(t testing.TB, pattern string) string {
	t.Helper()
	dir := Dir(t)
	found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Skipf("needs %s, which is not in %s: set TOCSIN_TESTDATA to a folder that has it", pattern, dir)
	}
	return found[0]
}

// Read gives the content of the first file that matches pattern, unpacked when its name ends in .xz or
// .gz.
func Read(t testing.TB, pattern string) []byte {
	t.Helper()
	path := File(t, pattern)
	if strings.HasSuffix(path, ".xz") {
		return run(t, program(t, "xz"), "-dc", path)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content := io.Reader(f)
	if strings.HasSuffix(path, ".gz") {
		if content, err = gzip.NewReader(f); err != nil {
			t.Fatalf("unpack %s: %v", path, err)
		}
	}
	data, err := io.ReadAll(content)
	if err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
	return data
}

// Files calls visit with every file of the .tar.xz that matches pattern, in its order.
func Files(t testing.TB, pattern string, visit func(name string, data []byte)) {
	t.Helper()
	for tr := tar.NewReader(bytes.NewReader(Read(t, pattern))); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("unpack %s: %v", pattern, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			t.Fatalf("unpack %s: %v", pattern, err)
		}
		visit(h.Name, data)
	}
}

// Lines gives the lines of a file of JSON Lines; see Read.
func Lines[T any](t testing.TB, pattern string) (lines []T) {
	t.Helper()
	for dec := json.NewDecoder(bytes.NewReader(Read(t, pattern))); ; {
		var line T
		switch err := dec.Decode(&line); err {
		case nil:
			lines = append(lines, line)
		case io.EOF:
			return lines
		default:
			t.Fatalf("%s, after %d lines: %v", pattern, len(lines), err)
		}
	}
}

// Score runs one of the scoring programs that lie beside the folder, in eval, and gives what it prints.
func Score(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(filepath.Dir(Dir(t)), "eval", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs the scoring program %s beside the folder of TOCSIN_TESTDATA: %v", name, err)
	}
	return run(t, program(t, "python3"), append([]string{path}, args...)...)
}

// packages are what Debian and Ubuntu call the programs.
var packages = map[string]string{"xz": "xz-utils", "python3": "python3"}

func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("needs the program %s: apt-get install %s", name, packages[name])
	}
	return path
}

func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	var complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, complaint.Bytes())
	}
	return out
}
