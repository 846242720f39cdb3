package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

func TestWhatWaitsGoesOnWaitingAsLongWhenTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "tocsin.db") },
		"PostgreSQL": func(t *testing.T) string { return postgresSchema(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustOpen(t, address(t))
			before := time.Unix(1e9, 0)
			for room, d := range map[bot.Room]bot.Delivery{
				"chat:waits":  {Kind: bot.KindNew, State: bot.StateDue, NextTry: before.Add(10 * time.Minute)},
				"chat:was":    {Kind: bot.KindNew, State: bot.StateDue, NextTry: before},
				"chat:sends":  {Kind: bot.KindNotice, State: bot.StateReady, Message: &bot.Message{}, NextTry: before},
				"chat:listed": {Kind: bot.KindRollup, State: bot.StateDue, NextTry: before.Add(10 * time.Minute)},
			} {
				d.Key, d.Room, d.Created = string(room), room, before
				if err := s.Owe(t.Context(), d); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.ClaimDelivery(t.Context(), "chat:sends", before, before.Add(2*time.Minute)); err != nil {
				t.Fatal(err)
			}
			after := before.Add(-time.Hour)
			if err := s.ClockSetBack(t.Context(), after, time.Hour); err != nil {
				t.Fatal(err)
			}
			for room, wait := range map[bot.Room]time.Duration{
				"chat:was": 0, "chat:sends": 2 * time.Minute, "chat:waits": 10 * time.Minute, "chat:listed": 70 * time.Minute,
			} {
				early, err := s.NextDelivery(t.Context(), room, after.Add(wait-time.Microsecond))
				if err != nil || early != nil {
					t.Errorf("%s is due before %v: %v", room, wait, err)
				}
				if d, err := s.NextDelivery(t.Context(), room, after.Add(wait)); err != nil || d == nil {
					t.Errorf("%s is not due after %v: %v", room, wait, err)
				}
			}
			if d, err := s.ClaimDelivery(t.Context(), "chat:sends", after.Add(2*time.Minute), after.Add(4*time.Minute)); err != nil || d == nil {
				t.Errorf("the lease lasts longer: %v", err)
			}
		})
	}
}
