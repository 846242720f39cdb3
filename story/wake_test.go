package story_test

import (
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/story"
)

func TestToldStoryWakesForNewsAloneOrAfterADay(t *testing.T) {
	t.Parallel()
	told := story.Told{Terms: []string{"libya", "jets"}, Last: noon}
	at := func(hours time.Duration) time.Time { return noon.Add(hours * time.Hour) }
	for _, c := range []struct {
		name  string
		p     story.Placement
		terms []string
		told  story.Told
		want  string
	}{
		{"the same in other words", story.Placement{Relation: story.Update, Time: at(3)}, []string{"jets"}, told, ""},
		{"a fact", story.Placement{Relation: story.Update, Time: at(3), Facts: []string{"$4.6 billion", "Risalpur"}}, []string{"jets"}, told, "first mention of $4.6 billion and Risalpur"},
		{"a term of the watch", story.Placement{Relation: story.Update, Time: at(3)}, []string{"jets", "tanks", "tanks"}, told, "first mention of tanks"},
		{"a day of silence", story.Placement{Relation: story.Update, Time: at(25)}, []string{"jets"}, told, "after 25 hours of silence"},
		{"nothing told yet", story.Placement{Relation: story.Update, Time: at(25)}, nil, story.Told{}, ""},
		{"a copy after a day", story.Placement{Relation: story.Duplicate, Time: at(30), Facts: []string{"x"}}, []string{"tanks"}, told, ""},
		{"a correction", story.Placement{Relation: story.Update, Kind: story.Correction, Facts: []string{"$4 billion, was $4.6 billion"}, Time: at(1)}, nil, told, "corrected: $4 billion, was $4.6 billion"},
		{"a correction without numbers", story.Placement{Relation: story.Update, Kind: story.Correction, Time: at(1)}, nil, told, "corrected"},
	} {
		if got := story.Wakes(c.p, c.terms, c.told); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
