package story_test

import (
	"fmt"
	"testing"

	"github.com/tocsin-bot/tocsin/story"
)

// Each number of a series is a story of its own, though its headline is the last one's.
func TestASeriesThatCountsItsDaysIsNoStory(t *testing.T) {
	t.Parallel()
	for _, titles := range [][]string{
		{"Norland border war: list of key events, day 1,334", "Norland border war: list of key events, day 1,335", "Norland border war: list of key events, day 1,336"},
		{"Latest news bulletin | March 2nd, 2026", "Latest news bulletin | March 3rd, 2026", "Latest news bulletin | March 4th, 2026"},
		{"Five stories you might have missed, Mar 2, 2026", "Five stories you might have missed, Mar 3, 2026", "Five stories you might have missed, Mar 4, 2026"},
	} {
		x := story.NewIndex(story.Options{})
		for i, title := range titles {
			p := x.Place(item(int64(i+1), float64(24*i), fmt.Sprintf("https://a.example/%d", i), title, ""))
			if p.Relation != story.New {
				t.Errorf("%q joined a story: %+v", title, p)
			}
		}
		p := x.Place(item(9, 49, "https://b.example/9", titles[2], ""))
		if p.Story != 3 {
			t.Errorf("another outlet's %q is in story %d, want 3", titles[2], p.Story)
		}
	}
}

func TestARisingTollIsOneStory(t *testing.T) {
	t.Parallel()
	x := story.NewIndex(story.Options{})
	for i, toll := range []int{12, 28, 55} {
		p := x.Place(item(int64(i+1), float64(14*i), fmt.Sprintf("https://a.example/%d", i), fmt.Sprintf("Death toll rises to %d in Norland valley floods", toll), ""))
		if p.Story != 1 {
			t.Errorf("toll %d: %+v", toll, p)
		}
	}
}

// The same two people meet twice in a week: two stories, each with its own reports.
func TestTwoMeetingsOfTheSamePeopleAreTwoStories(t *testing.T) {
	t.Parallel()
	x := background()
	const gas = "President Orla Venn of Norland and Prime Minister Tomas Brisk of Estmark signed a gas pipeline treaty in the port of Halden on Monday. The pipeline will carry eight billion cubic metres a year under the Skag Sea from 2029, and engineers from both countries begin their survey next month."
	const border = "President Orla Venn of Norland and Prime Minister Tomas Brisk of Estmark agreed in the mountain town of Grue on Friday to withdraw border guards from the Lisk pass. Shepherds had been shot at there twice since January, and a commission of judges is to examine who fired first."
	one := x.Place(item(1, 0, "https://a.example/1", "Norland and Estmark sign gas pipeline treaty", gas))
	again := x.Place(item(2, 3, "https://b.example/2", "Venn and Brisk seal pipeline deal in Halden", "Norland's president Orla Venn and Estmark's Tomas Brisk sealed a treaty in Halden for a gas pipeline under the Skag Sea, to carry eight billion cubic metres a year."))
	two := x.Place(item(3, 96, "https://a.example/3", "Venn and Brisk pull guards back from Lisk pass", border))
	more := x.Place(item(4, 98, "https://b.example/4", "Norland, Estmark to withdraw border guards after shootings", "Border guards are to leave the Lisk pass, Tomas Brisk and Orla Venn agreed in Grue, where shepherds had been shot at twice since January."))
	if again.Story != one.Story || two.Story == one.Story || more.Story != two.Story {
		t.Errorf("stories %d %d and %d %d, want two of two", one.Story, again.Story, two.Story, more.Story)
	}
}

// A war that is reported on every day does not become one giant story.
func TestDailyReportsOfAConflictAreManyStories(t *testing.T) {
	t.Parallel()
	x := background()
	places := []string{"Arvik", "Bolne", "Cresta", "Dunmar", "Elvas", "Forlund", "Gesta", "Hovden", "Ilmar", "Jorpe"}
	events := []string{
		"a drone set fuel tanks on fire at the refinery", "a missile hit a block of flats and rescuers dug for survivors", "engineers restored power to a hospital after shelling",
		"a train with evacuated children reached safety", "prisoners were exchanged on a bridge", "farmers found mines in their wheat", "a school moved its lessons into the underground",
		"volunteers rebuilt a church roof", "a court tried three soldiers for looting", "snow cut off a mountain garrison",
	}
	stories := map[int64]bool{}
	for i, place := range places {
		body := fmt.Sprintf("On day %d of the war between Norland and Estmark %s in %s, the governor said. Officials of both armies did not comment on what had happened in %s.", 400+i, events[i], place, place)
		stories[x.Place(item(int64(i+1), float64(24*i), fmt.Sprintf("https://a.example/%d", i), fmt.Sprintf("Norland war: %s in %s", events[i], place), body)).Story] = true
	}
	if len(stories) < 8 {
		t.Errorf("ten days of war are %d stories", len(stories))
	}
}

// background gives an index that has seen other news of the day, so that common words are common.
func background() *story.Index {
	x := story.NewIndex(story.Options{})
	for i := range 60 {
		x.Learn(item(int64(1000+i), 0, "", fmt.Sprintf("Minister %c visits town %d", 'A'+i%26, i),
			fmt.Sprintf("Officials said on Monday that the president and the prime minister of Norland and Estmark met the governor, who said the war, the border and both armies were discussed, number %d.", i)))
	}
	return x
}
