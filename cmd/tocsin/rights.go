package main

import (
	"context"
	"strings"

	"github.com/tocsin-bot/tocsin/bot"
)

// explainRoles gives what `roles` says: why a person has their role, and who else has which, as the
// platform knows it.
func (l *loaded) explainRoles(platforms []bot.Platform) func(context.Context, bot.Incoming) (string, []string) {
	roles := l.roles(platforms)
	return func(ctx context.Context, in bot.Incoming) (why string, lines []string) {
		if judge, ok := platformOf(platforms, in).(interface {
			Roles(context.Context, bot.Incoming) (string, []string)
		}); ok {
			why, lines = judge.Roles(ctx, in)
		}
		if roles(ctx, in) == bot.Admin {
			why = "named in the configuration, or at the machine itself"
		}
		if len(l.Admins) > 0 {
			lines = append(lines, "admins everywhere: "+strings.Join(values(l.Admins), ", "))
		}
		return why, lines
	}
}

// roomsOf gives the rooms in which a person is, where their platform knows it.
func roomsOf(platforms []bot.Platform) func(context.Context, bot.Incoming) ([]bot.Room, error) {
	return func(ctx context.Context, in bot.Incoming) ([]bot.Room, error) {
		if p, ok := platformOf(platforms, in).(interface {
			RoomsOf(context.Context, bot.Incoming) ([]bot.Room, error)
		}); ok {
			return p.RoomsOf(ctx, in)
		}
		return nil, nil
	}
}

// platformOf gives the platform that an event came from; nil when it is none of them.
func platformOf(platforms []bot.Platform, in bot.Incoming) bot.Platform {
	for _, p := range platforms {
		if p.Name() == in.Room.Platform() {
			return p
		}
	}
	return nil
}
