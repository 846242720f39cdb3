package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const defaultMute = 24 * time.Hour

// mute keeps a story or a watch out of the room for a while.
func (d *Desk) mute(ctx context.Context, req *Request) (*Reply, error) {
	mute, what, rest, err := d.muteTarget(ctx, req)
	if err != nil {
		return nil, err
	}
	span, where := defaultMute, " here"
	mute.Room = req.Room
	takeEverywhere := func() {
		if len(rest) > 0 && strings.EqualFold(rest[0], "everywhere") {
			mute.Room, where, rest = "", " in every room", rest[1:]
		}
	}
	takeEverywhere()
	if len(rest) > 0 && strings.EqualFold(rest[0], "for") {
		rest = rest[1:]
	}
	if len(rest) > 0 {
		if given, ok := parseDuration(rest[0]); ok {
			span, rest = given, rest[1:]
		} else if rest[0] != "" && rest[0][0] >= '0' && rest[0][0] <= '9' {
			return nil, userErrorf("Write 30m, 2h, 3d or 1w.", "I can't read the duration “%s”.", clip(rest[0], 20))
		}
	}
	takeEverywhere()
	if len(rest) > 1 && strings.EqualFold(rest[0], "because") && !strings.EqualFold(rest[1], "of") {
		rest = rest[1:]
	}
	if mute.Room == "" && req.Role < Admin {
		return nil, userErrorf("Leave out `everywhere` to mute it here.", "Muting in every room needs the role %s; yours is %s.", Admin, req.Role)
	}
	mute.By, mute.Why = req.User, clip(strings.Join(rest, " "), maxWhy)
	mute.From, mute.Until = req.Now, req.Now.Add(span)
	spans := []Span{req.who(), Text(" muted " + what + where + " until "), timeSpan(mute.Until)}
	if mute.Why != "" {
		spans = append(spans, Text(": "+mute.Why))
	}
	spans = append(spans, Text(". "), Span{Text: "unmute " + target(&mute), Mono: true}, Text(" ends it."))
	return &Reply{Public: true, Mutes: []Mute{mute}, Message: Message{Blocks: []Block{Para(spans...)}}}, nil
}

// muteTarget reads what is to be muted: a watch's id, a story's number, or this.
func (d *Desk) muteTarget(ctx context.Context, req *Request) (mute Mute, what string, rest []string, err error) {
	if len(req.Words) == 0 && req.Story == 0 {
		return mute, "", nil, userErrorf("`mute this 2h` mutes the story of the alert, `mute 12 1d` story 12, `mute libya-arms 1w` a watch.",
			"What shall I mute?")
	}
	if len(req.Words) > 0 {
		word := req.Words[0]
		if w := d.Rules().Watch(word); w != nil {
			return Mute{Watch: w.ID}, "the watch " + w.ID, req.Words[1:], nil
		}
		if word == "watch" {
			return d.watchTarget(ctx, req)
		}
		if _, isDuration := parseDuration(word); isDuration && req.Story == 0 {
			return mute, "", nil, userErrorf(fmt.Sprintf("`mute this %[1]s` mutes the story of the latest alert, `mute 12 %[1]s` story 12.", word), "What shall I mute for %s?", word)
		}
		if _, err := strconv.Atoi(storyWord(word)); err != nil && word != "this" && word != "story" && req.Story == 0 {
			return mute, "", nil, d.unknownWatch(word)
		}
	}
	c, rest, err := d.storyFor(ctx, req)
	if err != nil {
		return mute, "", nil, err
	}
	return Mute{Story: c.ID}, fmt.Sprintf("story %d (%s)", c.ID, clip(c.Title, 80)), rest, nil
}

// watchTarget reads what follows the word watch: its id, or nothing for the watch that found the story.
func (d *Desk) watchTarget(ctx context.Context, req *Request) (mute Mute, what string, rest []string, err error) {
	after := *req
	after.Words = req.Words[1:]
	if len(after.Words) > 0 {
		if w := d.Rules().Watch(after.Words[0]); w != nil {
			return Mute{Watch: w.ID}, "the watch " + w.ID, after.Words[1:], nil
		}
	}
	c, rest, err := d.storyFor(ctx, &after)
	if err != nil {
		return mute, "", nil, err
	}
	id := c.loudest(req.Room).Watch
	if id == "" {
		return mute, "", nil, userErrorf("`watches` lists them all.", "No watch told story %d here.", c.ID)
	}
	return Mute{Watch: id}, "the watch " + id, rest, nil
}

func (d *Desk) unknownWatch(id string) error {
	var ids []string
	for _, w := range d.Rules().Watches() {
		ids = append(ids, w.ID)
	}
	hint := "`watches` lists them all."
	near := nearest(id, ids)
	for _, other := range ids {
		if near == "" && len(id) > 2 && strings.Contains(other, strings.ToLower(id)) {
			near = other
		}
	}
	if near != "" {
		hint = fmt.Sprintf("Did you mean `%s`? %s", near, hint)
	}
	return userErrorf(hint, "I don't know the watch “%s”.", clip(id, 60))
}

func target(m *Mute) string {
	if m.Watch != "" {
		return m.Watch
	}
	return strconv.FormatInt(m.Story, 10)
}

// unmute ends the mutes of a story or a watch in the room. Without a word, and under no alert, it ends
// the only mute that there is.
func (d *Desk) unmute(ctx context.Context, req *Request) (*Reply, error) {
	active, err := d.mutesHere(ctx, req)
	if err != nil {
		return nil, err
	}
	if len(req.Words) == 0 && req.Story == 0 {
		switch len(active) {
		case 0:
			return nothingMuted(), nil
		case 1:
			req.Words = []string{target(&active[0])}
		default:
			return nil, userErrorf("`mutes` lists them; `unmute 12` ends that of story 12, `unmute libya-arms` that of a watch.",
				"Which of the %d mutes shall I end?", len(active))
		}
	}
	want, what, _, err := d.muteTarget(ctx, req)
	if err != nil {
		return nil, err
	}
	reply, where := &Reply{Public: true}, " here."
	for _, m := range active {
		if m.Story != want.Story || m.Watch != want.Watch {
			continue
		}
		if m.Room == "" {
			if where = " in every room."; req.Role < Admin {
				return nil, userErrorf("Ask an admin.", "%s is muted in every room; ending that needs the role %s.", upperFirst(what), Admin)
			}
		}
		reply.Unmute = append(reply.Unmute, m.ID)
	}
	if len(reply.Unmute) == 0 {
		return nil, userErrorf("`mutes` lists what is.", "%s is not muted here.", upperFirst(what))
	}
	reply.Message.Blocks = []Block{Para(req.who(), Text(" unmuted "+what+where))}
	return reply, nil
}

// mutesHere gives the mutes that concern the room, those of every room among them.
func (d *Desk) mutesHere(ctx context.Context, req *Request) ([]Mute, error) {
	active, err := d.Archive.ActiveMutes(ctx, req.Now)
	return slices.DeleteFunc(active, func(m Mute) bool { return m.Room != "" && m.Room != req.Room }), err
}

func nothingMuted() *Reply {
	return &Reply{Message: Message{Blocks: []Block{Para(Text("Nothing is muted here."))}}}
}

// mutes lists the mutes that concern the room.
func (d *Desk) mutes(ctx context.Context, req *Request) (*Reply, error) {
	active, err := d.mutesHere(ctx, req)
	if err != nil {
		return nil, err
	}
	list := Block{Kind: List}
	for _, m := range active {
		spans := []Span{Bold("watch " + m.Watch)}
		if m.Story != 0 {
			spans[0] = Bold(fmt.Sprintf("story %d", m.Story))
			file, err := d.Archive.Story(ctx, m.Story)
			if err != nil {
				return nil, fmt.Errorf("read story %d: %w", m.Story, err)
			}
			if file != nil {
				spans = append(spans, Text(" ("+clip(file.Title, 80)+")"))
			}
		}
		list.Items = append(list.Items, append(append(spans, Text(" ")), muteSpans(&m)...))
	}
	if len(list.Items) == 0 {
		return nothingMuted(), nil
	}
	return &Reply{Message: Message{Title: "Muted here", Blocks: []Block{list}}}, nil
}

// muteSpans says how far and how long a mute goes, and whose it is.
func muteSpans(m *Mute) (spans []Span) {
	if m.Room == "" {
		spans = append(spans, Text("in every room "))
	}
	spans = append(spans, Text("until "), timeSpan(m.Until), Text(" by "), Span{Text: m.By, User: m.By})
	if m.Why != "" {
		spans = append(spans, Text(": "+m.Why))
	}
	return spans
}
