package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestBadLinesAreReportedWithTheirNumbersAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	in := "\ufeff{\"id\":\"1\"}\n\nnot json\n{\"title\":\"no id\"}\n{\"id\":5}\n{\"id\":\"" + strings.Repeat("x", maxLine) + "\"}\n[1]\n{\"id\":\"2\"}"
	var seen []string
	var problems bytes.Buffer
	err := eachLine(strings.NewReader(in), &problems, "items", func(l *itemLine) error {
		seen = append(seen, l.ID)
		return nil
	})
	if got := strings.Join(seen, " "); got != "1 2" {
		t.Errorf("read %q", got)
	}
	if err == nil || err.Error() != "5 of 8 lines of items could not be used" {
		t.Errorf("error %v", err)
	}
	reports := strings.Split(strings.TrimSpace(problems.String()), "\n")
	for i, want := range []string{"items:3: not an item", `items:4: the item has no "id"`, "items:5: not an item", "items:6: the line is longer", "items:7: not an item"} {
		if i >= len(reports) || !strings.HasPrefix(reports[i], want) {
			t.Errorf("report %d of %q is not %q", i, reports, want)
		}
	}
}

func TestAFilterStopsWhenNobodyReadsItsOutput(t *testing.T) {
	t.Parallel()
	gone := errors.New("broken pipe")
	n := 0
	err := eachLine(strings.NewReader("{\"id\":\"1\"}\n{\"id\":\"2\"}\n"), io.Discard, "items", func(l *itemLine) error {
		n++
		return newJSONLines(failing{gone}).write(l)
	})
	if !errors.Is(err, gone) || n != 1 {
		t.Errorf("error %v after %d lines", err, n)
	}
}

func TestAReadErrorEndsAFilter(t *testing.T) {
	t.Parallel()
	err := eachLine(io.MultiReader(strings.NewReader("{\"id\":\"1\"}\n{\"id"), failing{errors.New("disk gone")}), io.Discard, "items", func(*itemLine) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "read items: disk gone") {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Read([]byte) (int, error)  { return 0, f.err }
