package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/tocsin-bot/tocsin/bot"
)

// Receive implements bot.Inbox.
func (s *Store) Receive(ctx context.Context, in bot.Incoming) (fresh bool, err error) {
	if in.Key == "" {
		return false, errors.New("receive event: it has no key")
	}
	body, err := encode(&in)
	if err != nil {
		return false, fmt.Errorf("receive event: %w", err)
	}
	err = s.write.update(ctx, "receive event", func(t *tx) error {
		n, err := t.exec(`INSERT INTO inbox (key, received, answered, body) VALUES (?, ?, 0, ?) ON CONFLICT (key) DO NOTHING`,
			in.Key, micros(in.Time), body)
		fresh = n > 0
		return err
	})
	return fresh && err == nil, err
}

// Unanswered implements bot.Inbox.
func (s *Store) Unanswered(ctx context.Context, limit int) ([]bot.Incoming, error) {
	rows, err := s.read.query(ctx, `SELECT body FROM inbox WHERE answered = 0 ORDER BY seq LIMIT ?`, limit)
	list, err := collect(rows, err, func(scan func(...any) error) (in bot.Incoming, err error) {
		err = scan(document{&in})
		return in, err
	})
	return list, doing("read unanswered events", err)
}

// Answer implements bot.Inbox.
func (s *Store) Answer(ctx context.Context, key string, e bot.Effects) error {
	return s.write.update(ctx, "answer event", func(t *tx) error {
		n, err := t.exec(`UPDATE inbox SET answered = 1 WHERE key = ? AND answered = 0`, key)
		if err != nil {
			return err
		}
		if n == 0 {
			return t.mustBeReceived(key)
		}
		return t.apply(&e)
	})
}

func (t *tx) mustBeReceived(key string) error {
	var one int
	found, err := t.row(`SELECT 1 FROM inbox WHERE key = ?`, []any{key}, &one)
	if err == nil && !found {
		return fmt.Errorf("no event %q was received", key)
	}
	return err
}

// apply stores what a command changes.
func (t *tx) apply(e *bot.Effects) error {
	for _, m := range e.Mutes {
		if err := t.do(`INSERT INTO mutes (story, watch, room, by_user, why, from_time, until_time) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			m.Story, m.Watch, string(m.Room), m.By, m.Why, micros(m.From), micros(m.Until)); err != nil {
			return err
		}
	}
	for _, id := range e.Unmute {
		if err := t.do(`UPDATE mutes SET until_time = ?1 WHERE id = ?2 AND until_time > ?1`, micros(e.Now), id); err != nil {
			return err
		}
	}
	for _, m := range e.Marks {
		if err := t.do(`INSERT INTO marks (story, room, "user", kind, note, time) VALUES (?, ?, ?, ?, ?, ?)`,
			m.Story, string(m.Room), m.User, m.Kind, m.Note, micros(m.Time)); err != nil {
			return err
		}
	}
	return t.owe(e.Deliveries)
}
