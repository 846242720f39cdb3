package matrix

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// Role says what the person may do.
func (p *Platform) Role(ctx context.Context, in bot.Incoming) bot.Role {
	role, _ := p.RoleAndWhy(ctx, in)
	return role
}

// RoleAndWhy says what the person may do, and why in half a sentence. People are known by their full
// id, compared as it stands.
func (p *Platform) RoleAndWhy(ctx context.Context, in bot.Incoming) (bot.Role, string) {
	if !isUser(in.User) {
		return bot.Stranger, "no person of Matrix"
	}
	role, why := p.config.External.Or(bot.Stranger), "from another homeserver"
	if serverOf(in.User) == serverOf(p.config.User) {
		role, why = p.config.DefaultRole.Or(bot.Member), "from the bot's own homeserver"
	}
	for _, r := range p.config.Roles {
		if r.Role.Role <= role || len(r.Rooms) > 0 && !p.inRooms(ctx, in.Room, r.Rooms) {
			continue
		}
		switch {
		case slices.Contains(r.Users, in.User):
			role, why = r.Role.Role, "named in the configuration"
		case slices.Contains(r.Servers, serverOf(in.User)):
			role, why = r.Role.Role, "from a homeserver named in the configuration"
		case r.Power != nil && p.powerful(ctx, in, *r.Power):
			role, why = r.Role.Role, "by the power level in the room"
		}
	}
	return role, why
}

// powerful says whether the person has the power level in the room now, as the last sync brought it.
func (p *Platform) powerful(ctx context.Context, in bot.Incoming, need int) bool {
	a, err := p.connect(ctx)
	if err != nil {
		return false
	}
	room, err := p.rooms.resolve(ctx, a, in.Room)
	if err != nil || !p.memory.rooms.IsInRoom(ctx, room, id.UserID(in.User)) {
		return false
	}
	levels, err := p.memory.rooms.GetPowerLevels(ctx, room)
	return err == nil && levels != nil && levels.GetUserLevel(id.UserID(in.User)) >= need
}

// inRooms says whether a room is one of those that a rule names by id or alias.
func (p *Platform) inRooms(ctx context.Context, room bot.Room, rooms []string) bool {
	_, address := room.Parse()
	if slices.Contains(rooms, address) {
		return true
	}
	a, err := p.connect(ctx)
	if err != nil {
		return false
	}
	at, err := p.rooms.resolve(ctx, a, room)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(rooms, func(r string) bool {
		other, err := p.rooms.resolve(ctx, a, bot.MakeRoom(Name, r))
		return err == nil && other == at
	})
}

// Roles tells who has which role, one line each.
func (p *Platform) Roles() []string {
	lines := []string{
		"people of " + serverOf(p.config.User) + ": " + p.config.DefaultRole.Or(bot.Member).String(),
		"people of other homeservers: " + p.config.External.Or(bot.Stranger).String(),
	}
	for _, r := range p.config.Roles {
		who := append(append([]string{}, r.Users...), r.Servers...)
		if r.Power != nil {
			who = append(who, fmt.Sprintf("power level %d", *r.Power))
		}
		line := strings.Join(who, ", ")
		if len(r.Rooms) > 0 {
			line += " in " + strings.Join(r.Rooms, ", ")
		}
		lines = append(lines, line+": "+r.Role.Role.String())
	}
	return lines
}
