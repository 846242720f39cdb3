package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/story/summary"
	"github.com/tocsin-bot/tocsin/story/summary/llm"
)

// summarySection is the section `summary` of tocsin.yaml: the language model that writes the
// summaries of watches which ask for one.
type summarySection struct {
	API     string        `yaml:"api"`
	URL     string        `yaml:"url"`
	Model   string        `yaml:"model" strict:"required"`
	Key     strict.Secret `yaml:"key"`
	Timeout time.Duration `yaml:"timeout" strict:"min=1s,max=20s"`
	PerHour int           `yaml:"per_hour" strict:"min=1"`
}

// decodeSummary decodes the section and makes its engine; nil when the config has none.
func decodeSummary(raw strict.Raw) (*llm.Engine, strict.Problems) {
	if !raw.Given() {
		return nil, nil
	}
	var s summarySection
	if problems := raw.Decode(&s); len(problems) > 0 {
		return nil, problems
	}
	engine, err := llm.New(llm.Options{API: s.API, URL: s.URL, Model: s.Model, Key: s.Key.Reveal(), Timeout: s.Timeout, PerHour: s.PerHour})
	if err != nil {
		return nil, strict.Problems{raw.Pos().At(err.Error(), "tocsin help config shows the section")}
	}
	return engine, nil
}

// summarizer gives the function that writes summaries: the model's for watches that ask for it,
// and sentences of the reports for all others and whenever the model fails.
func summarizer(engine *llm.Engine, watch func(id string) *rules.Watch, log *slog.Logger) func(context.Context, string, []summary.Source, summary.Options) summary.Summary {
	return func(ctx context.Context, id string, sources []summary.Source, opt summary.Options) summary.Summary {
		w := watch(id)
		if engine == nil || w == nil || w.Summary != rules.LLM {
			return summary.Summarize(sources, opt)
		}
		sum, err := engine.Summarize(ctx, sources, opt)
		if err != nil {
			log.Warn("summary of the reports' own sentences", "rule", id, "reason", err)
		}
		return sum
	}
}

// checkSummaries reports watches that ask for a model where the config names none.
func (l *loaded) checkSummaries(r *rules.Rules) (ps strict.Problems) {
	if l.model != nil {
		return nil
	}
	for _, w := range r.Watches {
		if w.Summary == rules.LLM {
			ps = append(ps, w.Pos.At(fmt.Sprintf("watch %s asks for the engine llm, and the config has no section summary", w.ID),
				"add summary: {model: …} to the config, or take the engine out"))
		}
	}
	return ps
}
