package slack

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// Numbers of knowing people.
const (
	personFresh = 45 * time.Second // who lost a right has lost it within a minute
	personStale = time.Hour        // an old word holds for this long while Slack does not answer
	maxPeople   = 20_000
)

// people knows what the workspace says of its people. Names are never among it: anybody can take any.
type people struct {
	platform *Platform

	mu     sync.Mutex
	known  map[string]person
	groups map[string]group
}

// person is one user of Slack.
type person struct {
	team, enterprise                 string
	guest, deleted, isBot, elsewhere bool
	asked                            time.Time
}

// group is the members of a user group.
type group struct {
	users []string
	asked time.Time
}

func newPeople(p *Platform) *people {
	return &people{platform: p, known: map[string]person{}, groups: map[string]group{}}
}

// Role says what the person may do. Who cannot be looked up is a stranger.
func (p *Platform) Role(ctx context.Context, in bot.Incoming) bot.Role {
	role, _ := p.roleAndWhy(ctx, in)
	return role
}

// roleAndWhy says what the person may do, and why in half a sentence.
func (p *Platform) roleAndWhy(ctx context.Context, in bot.Incoming) (bot.Role, string) {
	who, err := p.people.get(ctx, in.User)
	if err != nil {
		p.Log.Warn("person not looked up, treated as a stranger", "user", in.User, "err", err)
		return bot.Stranger, "Slack did not say who you are"
	}
	self, err := p.self.get(ctx)
	if err != nil {
		return bot.Stranger, "Slack did not say who you are"
	}
	if who.deleted || who.isBot {
		return bot.Stranger, "no active person"
	}
	sameTeam := who.team == self.Team || self.Enterprise != "" && who.enterprise == self.Enterprise
	role, why, full := p.config.DefaultRole.Or(bot.Member), "a member of the workspace", false
	switch {
	case !sameTeam || who.elsewhere:
		role, why = p.config.External.Or(bot.Stranger), "from another workspace"
	case who.guest:
		role, why = p.config.Guests.Or(bot.Stranger), "a guest of the workspace"
	default:
		full = true
	}
	return p.applyRules(ctx, in, role, why, full)
}

// applyRules takes the rules for rooms first, which set the role of full members there, and then
// those that name people, of which the highest holds.
func (p *Platform) applyRules(ctx context.Context, in bot.Incoming, role bot.Role, why string, full bool) (bot.Role, string) {
	for _, r := range p.config.Roles {
		if full && len(r.Users)+len(r.Groups) == 0 && p.inRooms(ctx, in.Room, r.Rooms) {
			role, why = r.Role.Role, "the rule for this channel"
		}
	}
	for _, r := range p.config.Roles {
		if r.Role.Role <= role || len(r.Rooms) > 0 && !p.inRooms(ctx, in.Room, r.Rooms) {
			continue
		}
		if slices.Contains(r.Users, in.User) {
			role, why = r.Role.Role, "named in the configuration"
			continue
		}
		for _, id := range r.Groups {
			members, err := p.people.group(ctx, id)
			if err != nil {
				p.Log.Warn("user group not read", "group", id, "err", err)
				continue
			}
			if slices.Contains(members, in.User) {
				role, why = r.Role.Role, "in the user group "+id
				break
			}
		}
	}
	return role, why
}

// inRooms says whether a room is one of those that a rule names by id or name.
func (p *Platform) inRooms(ctx context.Context, room bot.Room, rooms []string) bool {
	_, address := room.Parse()
	for _, r := range rooms {
		if r == address {
			return true
		}
		id, err := p.rooms.channel(ctx, r)
		if err != nil {
			continue
		}
		if at, err := p.rooms.channel(ctx, address); err == nil && at == id {
			return true
		}
	}
	return false
}

// Roles says why a person has their role, and who has which, one line each.
func (p *Platform) Roles(ctx context.Context, in bot.Incoming) (why string, lines []string) {
	_, why = p.roleAndWhy(ctx, in)
	return why, p.config.roleLines()
}

func (c *Config) roleLines() []string {
	lines := []string{
		"members of the workspace: " + c.DefaultRole.Or(bot.Member).String(),
		"guests: " + c.Guests.Or(bot.Stranger).String(),
		"people of other workspaces: " + c.External.Or(bot.Stranger).String(),
	}
	for _, r := range c.Roles {
		who := append(append([]string{}, r.Users...), r.Groups...)
		if len(who) == 0 {
			who = []string{"members"}
		}
		line := strings.Join(who, ", ")
		if len(r.Rooms) > 0 {
			line += " in " + strings.Join(r.Rooms, ", ")
		}
		lines = append(lines, line+": "+r.Role.Role.String())
	}
	return lines
}

func (q *people) get(ctx context.Context, id string) (person, error) {
	if !userID.MatchString(id) {
		return person{}, fmt.Errorf("%q is no user id", cutText(id, 20))
	}
	now := q.platform.Now()
	q.mu.Lock()
	old, known := q.known[id]
	q.mu.Unlock()
	if known && now.Sub(old.asked) < personFresh {
		return old, nil
	}
	var answer struct {
		User struct {
			Team       string `json:"team_id"`
			Deleted    bool   `json:"deleted"`
			Restricted bool   `json:"is_restricted"`
			Ultra      bool   `json:"is_ultra_restricted"`
			Bot        bool   `json:"is_bot"`
			Stranger   bool   `json:"is_stranger"`
			Enterprise struct {
				ID string `json:"enterprise_id"`
			} `json:"enterprise_user"`
		} `json:"user"`
	}
	err := q.platform.web.call(ctx, "users.info", "", url.Values{"user": {id}}, &answer)
	switch code := codeOf(err); {
	case code == "user_not_found" || code == "user_not_visible":
		answer.User.Stranger, err = true, nil
	case err != nil && known && now.Sub(old.asked) < personStale:
		return old, nil
	case err != nil:
		return person{}, err
	}
	u := answer.User
	fresh := person{team: u.Team, enterprise: u.Enterprise.ID, guest: u.Restricted || u.Ultra, deleted: u.Deleted, isBot: u.Bot,
		elsewhere: u.Stranger, asked: now}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.known) >= maxPeople {
		clear(q.known)
	}
	q.known[id] = fresh
	return fresh, nil
}

func (q *people) group(ctx context.Context, id string) ([]string, error) {
	now := q.platform.Now()
	q.mu.Lock()
	old, known := q.groups[id]
	q.mu.Unlock()
	if known && now.Sub(old.asked) < personFresh {
		return old.users, nil
	}
	var answer struct {
		Users []string `json:"users"`
	}
	if err := q.platform.web.call(ctx, "usergroups.users.list", "", url.Values{"usergroup": {id}}, &answer); err != nil {
		if known && now.Sub(old.asked) < personStale {
			return old.users, nil
		}
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.groups[id] = group{answer.Users, now}
	return answer.Users, nil
}

// RoomsOf gives the rooms, among those that rules and config name, in which the person is.
func (p *Platform) RoomsOf(ctx context.Context, in bot.Incoming) ([]bot.Room, error) {
	ids := map[string]bool{in.User: true}
	args := url.Values{"user": {in.User}, "types": {"public_channel,private_channel"}, "exclude_archived": {"true"}, "limit": {listPage}}
	for range maxListPages {
		var page struct {
			Channels []struct {
				ID string `json:"id"`
			} `json:"channels"`
			Metadata struct {
				Cursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := p.web.call(ctx, "users.conversations", "", args, &page); err != nil {
			return nil, fmt.Errorf("list a person's channels: %w", err)
		}
		for _, c := range page.Channels {
			ids[c.ID] = true
		}
		if page.Metadata.Cursor == "" {
			break
		}
		args.Set("cursor", page.Metadata.Cursor)
	}
	var rooms []bot.Room
	for _, r := range p.Rooms() {
		platform, address := r.Parse()
		if platform != Name {
			continue
		}
		if id, err := p.rooms.channel(ctx, address); err == nil && ids[id] {
			rooms = append(rooms, r)
		}
	}
	return rooms, nil
}
