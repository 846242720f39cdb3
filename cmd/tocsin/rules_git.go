package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/rules"
)

// maxTree bounds what is read of a git revision, in bytes.
const maxTree = 256 << 20

// loadBefore loads the rules as they were: those at the path that rev is, or the files at paths in
// the git revision rev.
func loadBefore(cmd *cobra.Command, rev string, paths []string, o rules.Options) (*rules.Rules, error) {
	if _, err := os.Stat(rev); err == nil {
		return rules.Load([]string{rev}, o)
	}
	dir, err := os.MkdirTemp("", "tocsin-rules-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var old []string
	for i, path := range paths {
		into := filepath.Join(dir, fmt.Sprint(i), "rules")
		file, err := extractRevision(cmd, rev, path, into)
		if err != nil {
			return nil, err
		}
		old = append(old, filepath.Join(into, file))
	}
	r, err := rules.Load(old, o)
	var problems rules.Problems
	if errors.As(err, &problems) { // in the words of the revision, not of the copy
		for i := range problems {
			if rel, err := filepath.Rel(dir, problems[i].File); err == nil {
				problems[i].File = rev + ":" + rel
			}
		}
	}
	return r, err
}

// extractRevision writes the file or folder at path, as it was in a git revision, below into. It
// gives the name of the file there; empty for a folder.
func extractRevision(cmd *cobra.Command, rev, path, into string) (file string, err error) {
	dir := path
	args := []string{"archive", "--format=tar", rev}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir, file = filepath.Split(path)
		args = append(args, "--", file)
	}
	if dir == "" {
		dir = "."
	}
	if strings.HasPrefix(rev, "-") {
		return "", fmt.Errorf("%q is neither a file nor a git revision", rev)
	}
	git := exec.CommandContext(cmd.Context(), "git", append([]string{"-C", dir}, args...)...)
	var out, problem bytes.Buffer
	git.Stdout, git.Stderr = &out, &problem
	if err := git.Run(); err != nil {
		return "", fmt.Errorf("%q is neither a file nor a git revision of %s: %s", rev, path, strings.TrimSpace(plainLine(problem.String())))
	}
	return file, untar(io.LimitReader(&out, maxTree), into)
}

// untar writes the regular files of an archive below a folder, and nothing outside of it.
func untar(in io.Reader, into string) error {
	if err := os.MkdirAll(into, 0o700); err != nil {
		return err
	}
	files := tar.NewReader(in)
	for {
		head, err := files.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the revision: %w", err)
		}
		if head.Typeflag != tar.TypeReg || !filepath.IsLocal(head.Name) {
			continue
		}
		path := filepath.Join(into, head.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		data, err := io.ReadAll(files)
		if err != nil {
			return fmt.Errorf("read the revision: %w", err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
}
