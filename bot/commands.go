package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// standardCommands is the command table, in the order in which help shows it.
func standardCommands() []Command {
	return []Command{
		{Name: "why", Usage: "[STORY|URL]", Short: "why a story was told, or was not", Example: "why",
			More: "`why https://…` tells what became of a page.", Need: Viewer, Run: (*Desk).why},
		{Name: "more", Usage: "[STORY]", Short: "a longer summary", Example: "more", Need: Viewer, Run: (*Desk).more},
		{Name: "sources", Aliases: []string{"who"}, Usage: "[STORY]", Short: "every report, by who wrote it", Example: "sources", Need: Viewer, Run: (*Desk).sources},
		{Name: "latest", Aliases: []string{"last", "list", "ls"}, Usage: "[N]", Short: "the latest alerts of this room", Example: "latest 5", Need: Viewer, Run: (*Desk).latest},
		{Name: "search", Aliases: []string{"find", "s"}, Usage: "WORDS", Short: "search everything that was fetched", Example: `search "arms deal" libya`,
			More: "Words in quotes stand together, `-cricket` leaves items with that word out, `deal*` finds longer words too.", Need: Viewer, Run: (*Desk).search},
		{Name: "watches", Aliases: []string{"rules"}, Short: "the watches and what they told in a week", Example: "watches", Need: Viewer, Run: (*Desk).watches},
		{Name: "watch", Usage: "ID", Short: "one watch: its query, rooms, mutes", Example: "watch libya-pakistan-arms", Need: Viewer, Run: (*Desk).watch},
		{Name: "feeds", Usage: "[failing|NAME]", Short: "the feeds and how they are", Example: "feeds failing", Need: Viewer, Run: (*Desk).feeds},
		{Name: "mute", Aliases: []string{"snooze"}, Usage: "STORY|WATCH|this [DURATION] [WHY]", Short: "keep a story or a watch out of this room", Example: "mute this 2h known already",
			More: "DURATION is 30m, 2h, 3d or 1w; a day when left out. `mute this everywhere 2h` keeps the story out of every room, which takes an admin; `mute watch 1d` mutes the watch that found it.", Need: Member, Form: muteForm, Run: (*Desk).mute},
		{Name: "unmute", Usage: "[STORY|WATCH|this]", Short: "end a mute", Example: "unmute this", Need: Member, Run: (*Desk).unmute},
		{Name: "mutes", Short: "the mutes that hold now", Example: "mutes", Need: Viewer, Run: (*Desk).mutes},
		{Name: "noise", Aliases: []string{"bad"}, Usage: "[STORY] [WHY]", Short: "say that an alert was noise", Example: "noise 12 old news", Need: Member, Form: noiseForm, Run: markAs("noise", "calls %s noise")},
		{Name: "useful", Aliases: []string{"good"}, Usage: "[STORY]", Short: "say that an alert was useful", Example: "useful", Need: Member, Run: markAs("useful", "calls %s useful")},
		{Name: "claim", Usage: "[STORY]", Short: "say that you are on a story", Example: "claim", Need: Member, Run: markAs("claimed", "is on %s")},
		{Name: "handled", Aliases: []string{"done"}, Usage: "[STORY]", Short: "say that a story is dealt with", Example: "handled", Need: Member, Run: markAs("handled", "has dealt with %s")},
		{Name: "test", Usage: "TEXT|URL", Short: "would this be told? what matches, and what is missing", Example: "test Pakistan sells jets to Libya", Need: Viewer, Run: (*Desk).test},
		{Name: "status", Aliases: []string{"health"}, Short: "is all well?", Example: "status", Need: Viewer, Run: (*Desk).status},
		{Name: "home", Aliases: []string{"overview"}, Short: "what is watched for you, open stories, mutes, feeds", Example: "home", Need: Viewer, Run: (*Desk).home},
		{Name: "roles", Short: "who may do what, and what you may", Example: "roles", Need: Viewer, Run: (*Desk).roles},
		{Name: "reload", Short: "load the rule files again", Example: "reload", Need: Admin, Run: (*Desk).reload},
		{Name: "help", Aliases: []string{"h", "commands"}, Usage: "[COMMAND]", Short: "this list", Example: "help mute", Need: Viewer, Run: (*Desk).help},
	}
}

// help lists the commands, or tells about one.
func (d *Desk) help(_ context.Context, req *Request) (*Reply, error) {
	if len(req.Words) == 0 {
		table := Block{Kind: Table}
		for _, c := range d.Commands {
			if req.Role >= c.Need {
				table.Items = append(table.Items, []Span{{Text: strings.TrimSpace(c.Name + " " + c.Usage), Mono: true}, Text(c.Short)})
			}
		}
		return &Reply{Message: Message{Blocks: []Block{table,
			Small(markCode("STORY is a number as alerts show it. Without one, a command is about the alert you reply to, or else the latest one here. `help mute` tells more about `mute`.")...)}}}, nil
	}
	c, _, _, err := parseCommand(d.Commands, req.Words[0])
	if err != nil {
		return nil, err
	}
	blocks := []Block{
		Para(Span{Text: strings.TrimSpace(c.Name + " " + c.Usage), Mono: true}, Text(" — "+c.Short+".")),
		Para(Text("For example: "), Span{Text: c.Example, Mono: true}),
	}
	if c.More != "" {
		blocks = append(blocks, Small(markCode(c.More)...))
	}
	if len(c.Aliases) > 0 {
		blocks = append(blocks, Small(Text("Also: "+strings.Join(c.Aliases, ", "))))
	}
	if c.Need > Viewer {
		blocks = append(blocks, Small(Text("Needs the role "+c.Need.String()+".")))
	}
	return &Reply{Message: Message{Blocks: blocks}}, nil
}

// storyAsked finds the story of a command that takes nothing else. Talk behind the command is
// overlooked under an alert, where it is clear what is meant; elsewhere a word that names no story
// is a mistake.
func (d *Desk) storyAsked(ctx context.Context, req *Request) (*coverage, error) {
	if len(req.Words) > 0 && req.Story == 0 {
		word := storyWord(req.Words[0])
		_, err := strconv.ParseInt(word, 10, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) && word != "this" && word != "story" {
			hint := fmt.Sprintf("`%s 12` asks about story 12; `latest` lists the alerts of this room with their numbers.", req.Command.Name)
			if d.Rules().Watch(word) != nil {
				hint = fmt.Sprintf("`watch %s` tells about the watch. ", word) + hint
			}
			return nil, userErrorf(hint, "“%s” is no story.", clip(req.Words[0], 60))
		}
	}
	c, _, err := d.storyFor(ctx, req)
	return c, err
}

// storyWord is a word without what people put around a number.
func storyWord(word string) string { return strings.Trim(word, "#.,:;?!()`") }

// storyFor finds the story that a request is about: the number given, the thread's, or the latest
// of the room. The words that follow are returned.
func (d *Desk) storyFor(ctx context.Context, req *Request) (*coverage, []string, error) {
	id, rest := req.Story, req.Words
	if len(rest) > 0 {
		word := storyWord(rest[0])
		if n, err := strconv.ParseInt(word, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
			id, rest = n, rest[1:] // beyond the range: the greatest number, which no story has
		} else if word == "this" || word == "story" {
			rest = rest[1:]
			if len(rest) > 0 {
				if n, err := strconv.ParseInt(storyWord(rest[0]), 10, 64); err == nil {
					id, rest = n, rest[1:]
				}
			}
		}
	}
	if id == 0 && len(req.Listed) > 0 {
		return nil, nil, userErrorf(fmt.Sprintf("`%s %d` is about the first of them.", req.Command.Name, req.Listed[0]),
			"This message lists %s: say which you mean.", plural(len(req.Listed), "story"))
	}
	if id == 0 {
		latest, err := d.Archive.Told(ctx, req.Room, 1)
		if err != nil {
			return nil, nil, err
		}
		if len(latest) == 0 {
			return nil, nil, userErrorf("`search WORDS` looks through everything that was fetched.", "There is no alert here yet.")
		}
		id = latest[0].ID
	}
	c, err := (&Editor{Archive: d.Archive}).coverage(ctx, id)
	if err != nil {
		return nil, nil, fmt.Errorf("read story %d: %w", id, err)
	}
	if c == nil && id == req.Story {
		return nil, nil, userErrorf("`search` finds what I have of late.", "Story %d is too long ago: I no longer keep its reports.", id)
	}
	if c == nil {
		return nil, nil, userErrorf("`latest` lists the alerts of this room with their numbers.", "There is no story %d.", id)
	}
	return c, rest, nil
}
