package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tocsin-bot/tocsin/"

// mayImport is the picture of the packages: what each may import of our own. A package knows only
// what the news has passed through before it; storage and platforms stand outside and plug in.
var mayImport = map[string][]string{
	"feeds/text":          {},
	"feeds":               {"feeds/text"},
	"feeds/realdata":      {},
	"config/strict":       {"feeds/text"},
	"config":              {"config/strict"},
	"rules/query":         {"feeds", "feeds/text"},
	"rules":               {"feeds", "feeds/text", "rules/query", "config/strict"},
	"story/summary":       {"feeds", "feeds/text"},
	"story/summary/llm":   {"story/summary"},
	"story":               {"feeds", "feeds/text", "story/summary"},
	"bot":                 {"feeds", "feeds/text", "rules", "rules/query", "story", "story/summary"},
	"bot/console":         {"bot"},
	"bot/slack":           {"bot", "config/strict"},
	"bot/matrix":          {"bot", "config/strict"},
	"bot/bottest":         {"bot"},
	"bot/slack/slacktest": {"bot"},
	"store":               {"bot", "feeds", "feeds/text", "rules/query"},
	"store/storetest":     {"bot", "feeds", "store"},
}

// outside are packages for tests, and the program itself, which knows everything.
func unruled(pkg string) bool {
	return pkg == "cmd/tocsin" || strings.HasPrefix(pkg, "cmd/tocsin/")
}

type listed struct {
	ImportPath, Doc string
	Imports         []string
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Doc,Imports"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	return pkgs
}

func TestPackagesImportOnlyWhatTheNewsPassedThrough(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, module+"...") {
		pkg := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := mayImport[pkg]
		if !known && !unruled(pkg) {
			t.Errorf("package %s is not in the picture: say in mayImport where it stands", pkg)
			continue
		}
		for _, imp := range p.Imports {
			own, isOwn := strings.CutPrefix(imp, module)
			if isOwn && !unruled(pkg) && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s, which the news has not passed through before it", pkg, own)
			}
		}
	}
}

func TestEveryPackageSaysWhichQuestionItAnswers(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, module+"...") {
		if p.Doc == "" {
			t.Errorf("package %s has no doc sentence", p.ImportPath)
		}
	}
}

func TestTheProgramLinksNoTestCode(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "-deps", module+"cmd/tocsin") {
		if p.ImportPath == "testing" || strings.Contains(p.ImportPath, "testify") || strings.HasSuffix(p.ImportPath, "/storetest") || strings.HasSuffix(p.ImportPath, "/realdata") {
			t.Errorf("the program links %s", p.ImportPath)
		}
	}
}

func TestNoPackageUsesTemplates(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, module+"...") {
		for _, imp := range p.Imports {
			if imp == "text/template" || imp == "html/template" {
				t.Errorf("%s imports %s, which calls methods by name: see TestTheProgramCallsNoMethodByName", p.ImportPath, imp)
			}
		}
	}
}

// The linker leaves out methods that nobody calls. Where the program can reach code that looks up a
// method by a name that is known only as it runs, it keeps every exported method of every type
// instead: 8 MB of 54, and 4 MB of memory.
func TestTheProgramCallsNoMethodByName(t *testing.T) {
	t.Parallel()
	if os.Getenv("TOCSIN_HEAVY") == "" {
		t.Skip("links the program twice: TOCSIN_HEAVY=1 go test -run CallsNoMethodByName ./cmd/tocsin")
	}
	for _, tags := range []string{"", "goolm"} {
		out, err := exec.Command("go", "build", "-tags", tags, "-ldflags=-dumpdep", "-o", os.DevNull, module+"cmd/tocsin").CombinedOutput()
		if err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		if !strings.Contains(string(out), "\nmain.main -> ") {
			t.Fatalf("-dumpdep does not say what main.main reaches:\n%.500s", out)
		}
		for line := range strings.Lines(string(out)) { // "who -> whom <what the linker minds about whom>"
			who, whom, _ := strings.Cut(strings.TrimSpace(line), " -> ")
			whom, found := strings.CutSuffix(whom, " <ReflectMethod>")
			if found && !strings.HasPrefix(whom, "reflect.") { // reflect's own follow from any other
				t.Errorf("tags %q: %s, called by %s, looks up methods by name", tags, whom, who)
			}
		}
	}
}
