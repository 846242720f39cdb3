package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/config/strict"
)

// Limits of a set of rule files.
const (
	maxFiles = 10_000
	maxDepth = 16 // folders in folders
)

// findFiles gives the rule files at the paths, in order, each once. A folder stands for the files
// below it that end in .yaml or .yml; hidden files and folders and what editors leave behind do
// not count.
func findFiles(paths []string) (files []string, problems Problems) {
	f := finder{seen: map[string]bool{}, most: maxFiles}
	for _, path := range paths {
		before := len(f.files)
		info, err := os.Stat(path)
		switch {
		case err != nil:
			f.fail(path, "cannot be found", "is the path right, and relative to the right folder?")
		case !info.IsDir():
			f.files = append(f.files, path)
		default:
			f.folder(path, 0)
			if len(f.files) == before && len(f.problems) == 0 {
				f.fail(path, "holds no rule files", "rule files end in .yaml; `tocsin init` writes an example")
			}
		}
	}
	slices.Sort(f.files)
	return slices.Compact(f.files), f.problems
}

type finder struct {
	files    []string
	problems Problems
	seen     map[string]bool  // folders, by their real path: links may lead in a circle
	each     func(dir string) // hears of every folder
	most     int              // files
}

func (f *finder) fail(path, cause, hint string) {
	f.problems = append(f.problems, strict.Pos{File: path}.At(cause, hint))
}

func (f *finder) folder(dir string, depth int) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || f.seen[real] || len(f.files) >= f.most {
		return
	}
	f.seen[real] = true
	if f.each != nil {
		f.each(dir)
	}
	if depth > maxDepth {
		f.fail(dir, fmt.Sprintf("lies more than %d folders deep", maxDepth), "")
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.fail(dir, "cannot be read", "give the user that runs tocsin the right to read it")
		return
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		isDir := e.IsDir()
		if e.Type()&os.ModeSymlink != 0 {
			info, err := os.Stat(path)
			isDir = err == nil && info.IsDir()
		}
		switch {
		case isDir:
			f.folder(path, depth+1)
		case isRuleFile(e.Name()):
			if len(f.files) == f.most {
				f.fail(dir, fmt.Sprintf("there are more than %d rule files", f.most), "is this the right folder?")
				return
			}
			f.files = append(f.files, path)
		}
	}
}

// isRuleFile tells rule files from editor backups (x.yaml~, .x.swp, #x.yaml#) and other files.
func isRuleFile(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") {
		return false
	}
	ext := filepath.Ext(name)
	return ext == ".yaml" || ext == ".yml"
}

// isEntityFile tells the files of a folder called entities.
func isEntityFile(path string) bool {
	abs, err := filepath.Abs(path)
	return err == nil && filepath.Base(filepath.Dir(abs)) == "entities"
}

// baseName is the name of a file without folder and ending.
func baseName(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
