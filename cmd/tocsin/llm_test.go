package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tocsin-bot/tocsin/config"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/story/summary"
)

func TestModelWritesOnlyForWatchesThatAskAndItsFailureIsNoLoss(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	say := atomic.Pointer[string]{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"role": "assistant", "content": *say.Load()}}}})
	}))
	defer server.Close()
	c, problems := config.Parse("tocsin.yaml", []byte("summary: {url: "+server.URL+", model: m}\n"), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	engine, problems := decodeSummary(c.Summary)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r, err := rules.Parse("w.yaml", []byte(`watches:
  - {id: model, match: port, summary: {engine: llm}}
  - {id: plain, match: port}`), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	summarize := summarizer(engine, r.Watch, slog.New(slog.DiscardHandler))
	source := summary.Source{ID: "1", Language: "en", Title: "Port reopens", Text: "The port of Derna reopened on Monday after repairs that took eleven months. " +
		"Ships with grain were the first to berth, and customs officers worked through the night. The mayor hopes for a railway to the quay by next year."}

	good := "The port of Derna reopened on Monday after eleven months of repairs."
	say.Store(&good)
	if got := summarize(t.Context(), "model", []summary.Source{source}, summary.Options{}).Text(); !strings.Contains(got, "eleven months of repairs") {
		t.Errorf("the model's summary is %q", got)
	}
	if got := summarize(t.Context(), "plain", []summary.Source{source}, summary.Options{}).Text(); strings.Contains(got, "months of repairs") || asked.Load() != 1 {
		t.Errorf("a watch that asks for nothing got %q after %d calls", got, asked.Load())
	}
	invented := "The port of Tobruk reopened after Emmanuel Macron paid $7 billion."
	say.Store(&invented)
	other := source
	other.ID, other.Text = "2", source.Text+" Nobody was hurt."
	got := summarize(t.Context(), "model", []summary.Source{other}, summary.Options{}).Text()
	if strings.Contains(got, "Macron") || !strings.Contains(got, "port of Derna") {
		t.Errorf("an invented summary became %q", got)
	}
}

func TestWatchThatAsksForAModelNeedsOne(t *testing.T) {
	t.Parallel()
	r, err := rules.Parse("w.yaml", []byte("watches: [{id: model, match: port, summary: {engine: llm}}]"), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if ps := (&loaded{}).checkSummaries(r); len(ps) != 1 || ps[0].Line != 1 || !strings.Contains(ps[0].Error(), "no section summary") {
		t.Errorf("problems are %v", ps)
	}
}
