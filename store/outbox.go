package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

const deliveryColumns = `d.key, d.room, d.kind, d.state, d.story, d.item, d.news, d.watch, d.thread, d.to_user, d.message,
	d.told, d.broadcast, d.created, d.next_try, d.first_try, d.attempt, d.lease, d.repeat, d.receipt, d.cause`

func scanDelivery(scan func(...any) error) (d bot.Delivery, err error) {
	err = scan(&d.Key, &d.Room, &d.Kind, &d.State, &d.Story, &d.Item, &d.News, &d.Watch, &d.Thread, &d.To, document{&d.Message},
		document{&d.Told}, &d.Broadcast, instant{&d.Created}, instant{&d.NextTry}, instant{&d.FirstTry}, &d.Attempt,
		instant{&d.Lease}, &d.Repeat, &d.Receipt, &d.Cause)
	return d, err
}

// isOpen says whether there is something left to do for a delivery.
func isOpen(s bot.State) bool {
	return s == bot.StateDue || s == bot.StateReady || s == bot.StateSending
}

// The kinds of traffic of a room; each is held back by its own only. The numbers are stored.
const (
	laneAnswers = 0
	laneNews    = 1
	laneRollups = 2
)

// lanes is the order in which they go.
var lanes = []int{laneAnswers, laneRollups, laneNews}

func laneOf(k bot.DeliveryKind) int {
	switch k {
	case bot.KindAnswer:
		return laneAnswers
	case bot.KindRollup:
		return laneRollups
	}
	return laneNews
}

// Owe implements bot.Outbox.
func (s *Store) Owe(ctx context.Context, ds ...bot.Delivery) error {
	return s.write.update(ctx, "owe deliveries", func(t *tx) error { return t.owe(ds) })
}

func (t *tx) owe(ds []bot.Delivery) error {
	for i := range ds {
		if err := t.oweOne(&ds[i]); err != nil {
			return fmt.Errorf("delivery %q: %w", ds[i].Key, err)
		}
	}
	return nil
}

func (t *tx) oweOne(d *bot.Delivery) error {
	if d.Key == "" || d.Room == "" || d.Kind == "" {
		return errors.New("it lacks a key, a room or a kind")
	}
	if d.State == bot.StateReady && d.Message == nil {
		return errors.New("it is ready but has no message")
	}
	message, err := messageJSON(d)
	if err != nil {
		return err
	}
	told, err := toldJSON(d)
	if err != nil {
		return err
	}
	wake := d.NextTry
	if d.State == bot.StateSending {
		wake = d.Lease
	}
	return t.do(`INSERT INTO deliveries (key, room, lane, kind, state, open, wake, story, item, news, watch, thread, to_user,
		message, told, broadcast, created, next_try, first_try, last_try, attempt, lease, repeat, receipt, cause)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
		d.Key, string(d.Room), laneOf(d.Kind), string(d.Kind), string(d.State), isOpen(d.State), micros(wake), d.Story, d.Item,
		d.News, d.Watch, d.Thread, d.To, message, told, d.Broadcast, micros(d.Created), micros(d.NextTry),
		micros(d.FirstTry), micros(d.FirstTry), d.Attempt, micros(d.Lease), d.Repeat, d.Receipt, d.Cause)
}

func messageJSON(d *bot.Delivery) (string, error) {
	if d.Message == nil {
		return "", nil
	}
	return encode(d.Message)
}

func toldJSON(d *bot.Delivery) (string, error) {
	if len(d.Told) == 0 {
		return "", nil
	}
	return encode(d.Told)
}

// SaveMessage implements bot.Outbox.
func (s *Store) SaveMessage(ctx context.Context, d *bot.Delivery) error {
	if d.Message == nil {
		return fmt.Errorf("save message: delivery %q has none", d.Key)
	}
	message, err := messageJSON(d)
	if err != nil {
		return fmt.Errorf("save message: %w", err)
	}
	told, err := toldJSON(d)
	if err != nil {
		return fmt.Errorf("save message: %w", err)
	}
	return s.write.update(ctx, "save message", func(t *tx) error {
		return t.do(`UPDATE deliveries SET state = 'ready', message = ?, told = ?, broadcast = ? WHERE key = ? AND state = 'due'`,
			message, told, d.Broadcast, d.Key)
	})
}

// ClaimDelivery implements bot.Outbox.
func (s *Store) ClaimDelivery(ctx context.Context, key string, now, lease time.Time) (*bot.Delivery, error) {
	var claimed *bot.Delivery
	err := s.write.update(ctx, "claim delivery", func(t *tx) error {
		n, err := t.exec(`UPDATE deliveries SET state = 'sending', lease = ?2, wake = ?2, attempt = attempt + 1, last_try = ?1,
			first_try = CASE first_try WHEN 0 THEN ?1 ELSE first_try END, repeat = CASE state WHEN 'sending' THEN 1 ELSE repeat END
			WHERE key = ?3 AND (state = 'ready' OR state = 'sending' AND lease <= ?1)`, micros(now), micros(lease), key)
		if err != nil || n == 0 {
			return err
		}
		rows, err := t.query(`SELECT `+deliveryColumns+` FROM deliveries AS d WHERE d.key = ?`, key)
		ds, err := collect(rows, err, scanDelivery)
		if err == nil {
			claimed = &ds[0]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// Settle implements bot.Outbox. What was sent stays sent. Anything else that is said of an attempt
// after the next one was claimed comes too late and is left out.
func (s *Store) Settle(ctx context.Context, d *bot.Delivery) error {
	return s.write.update(ctx, "settle delivery", func(t *tx) error {
		n, err := t.exec(`UPDATE deliveries SET state = ?1, open = ?2, wake = ?3, receipt = ?4, cause = ?5, next_try = ?6, repeat = ?7, lease = 0
			WHERE key = ?8 AND state <> 'sent' AND (?1 = 'sent' OR attempt = ?9)`,
			string(d.State), isOpen(d.State), micros(d.NextTry), d.Receipt, d.Cause, micros(d.NextTry), d.Repeat, d.Key, d.Attempt)
		if err != nil {
			return err
		}
		if n == 0 {
			return t.mustExist(d.Key)
		}
		if d.Kind == bot.KindEdit && d.State == bot.StateSent {
			return t.do(`UPDATE deliveries SET message = (SELECT message FROM deliveries WHERE key = ?)
				WHERE story = ? AND story <> 0 AND room = ? AND kind = 'new' AND state = 'sent'`, d.Key, d.Story, string(d.Room))
		}
		return nil
	})
}

func (t *tx) mustExist(key string) error {
	var one int
	found, err := t.row(`SELECT 1 FROM deliveries WHERE key = ?`, []any{key}, &one)
	if err == nil && !found {
		return fmt.Errorf("there is no delivery %q", key)
	}
	return err
}

// Backlog implements bot.Outbox.
func (s *Store) Backlog(ctx context.Context, room bot.Room, now time.Time) ([]bot.Delivery, error) {
	rows, err := s.read.query(ctx, `SELECT key, kind, state, story, repeat FROM deliveries
		WHERE open = 1 AND room = ? AND lane = ? AND wake <= ? ORDER BY seq`, string(room), laneNews, micros(now))
	list, err := collect(rows, err, func(scan func(...any) error) (d bot.Delivery, err error) {
		err = scan(&d.Key, &d.Kind, &d.State, &d.Story, &d.Repeat)
		return d, err
	})
	return list, doing("read the backlog", err)
}

// Fold implements bot.Outbox.
func (s *Store) Fold(ctx context.Context, digest bot.Delivery, keys []string) error {
	return s.write.update(ctx, "fold deliveries", func(t *tx) error {
		for _, key := range keys {
			if err := t.do(`UPDATE deliveries SET state = 'skipped', open = 0, cause = ?
				WHERE key = ? AND state IN ('due', 'ready') AND repeat = 0`, "told in a digest: "+digest.Key, key); err != nil {
				return err
			}
		}
		return t.owe([]bot.Delivery{digest})
	})
}

// Unpark implements bot.Outbox.
func (s *Store) Unpark(ctx context.Context, room bot.Room, now time.Time) (int, error) {
	var n int64
	err := s.write.update(ctx, "unpark deliveries", func(t *tx) (err error) {
		n, err = t.exec(`UPDATE deliveries SET state = CASE message WHEN '' THEN 'due' ELSE 'ready' END, open = 1, wake = ?1, next_try = ?1
			WHERE state = 'parked' AND (room = ?2 OR ?2 = '')`, micros(now), string(room))
		return err
	})
	return int(n), err
}

// Parent implements bot.Outbox.
func (s *Store) Parent(ctx context.Context, room bot.Room, story int64) (*bot.Delivery, error) {
	list, err := s.read.query(ctx, `SELECT `+deliveryColumns+` FROM deliveries AS d
		WHERE d.story = ? AND d.story <> 0 AND d.room = ? AND d.kind = 'new' AND d.state = 'sent' ORDER BY d.seq LIMIT 1`, story, string(room))
	d, found, err := first(list, err, scanDelivery)
	if err != nil || !found {
		return nil, doing("find the parent message", err)
	}
	return &d, nil
}
