package realdata_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/feeds/realdata"
)

// skipping is a test that notes why it is skipped.
type skipping struct {
	testing.TB
	why string
}

func (s *skipping) Skipf(format string, args ...any) {
	s.why = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func whySkipped(t *testing.T, test func(t testing.TB)) string {
	t.Helper()
	s := &skipping{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(s)
	}()
	<-done
	return s.why
}

func TestSkippedTestSaysWhatMakesItRun(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	eval := filepath.Join(filepath.Dir(data), "eval")
	for _, dir := range []string{data, eval} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{filepath.Join(data, "a.xz"), filepath.Join(eval, "score.py")} {
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", "")
	for _, c := range []struct {
		dir, want string
		test      func(t testing.TB)
	}{
		{filepath.Join(data, "nowhere"), "TOCSIN_TESTDATA=FOLDER go test", func(t testing.TB) { realdata.Dir(t) }},
		{data, "needs b*.jsonl", func(t testing.TB) { realdata.Lines[int](t, "b*.jsonl") }},
		{data, "apt-get install xz-utils", func(t testing.TB) { realdata.Read(t, "a.xz") }},
		{data, "apt-get install python3", func(t testing.TB) { realdata.Score(t, "score.py") }},
		{data, "needs the scoring program other.py", func(t testing.TB) { realdata.Score(t, "other.py") }},
	} {
		t.Setenv("TOCSIN_TESTDATA", c.dir)
		if why := whySkipped(t, c.test); !strings.Contains(why, c.want) {
			t.Errorf("want %q: %q", c.want, why)
		}
	}
}

func TestLinesAreReadFromTheFirstFileThatMatches(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TOCSIN_TESTDATA", dir)
	for name, text := range map[string]string{"b1.jsonl": "{\"n\": 1}\n{\"n\": 2}\n", "b2.jsonl": "{\"n\": 3}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := realdata.Lines[struct{ N int }](t, "b*.jsonl"); fmt.Sprint(got) != "[{1} {2}]" {
		t.Errorf("read %v", got)
	}
}
