package store

import (
	"context"
	"slices"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// DueRooms implements bot.Outbox.
func (s *Store) DueRooms(ctx context.Context, now time.Time) ([]bot.Room, error) {
	rows, err := s.read.query(ctx, `SELECT DISTINCT room FROM deliveries INDEXED BY deliveries_wake WHERE open = 1 AND wake <= ?`, micros(now))
	rooms, err := collect(rows, err, func(scan func(...any) error) (r bot.Room, err error) {
		err = scan(&r)
		return r, err
	})
	if err != nil {
		return nil, doing("find due rooms", err)
	}
	slices.Sort(rooms)
	due := rooms[:0]
	for _, room := range rooms {
		seq, err := s.next(ctx, room, now)
		if err != nil {
			return nil, doing("find due rooms", err)
		}
		if seq != 0 {
			due = append(due, room)
		}
	}
	return due, nil
}

// NextDelivery implements bot.Outbox. A delivery that was never tried and is due later (a watch
// that waits for sources, a roll-up) is no delivery that waits for its next try: it holds nothing
// back.
func (s *Store) NextDelivery(ctx context.Context, room bot.Room, now time.Time) (*bot.Delivery, error) {
	seq, err := s.next(ctx, room, now)
	if err != nil || seq == 0 {
		return nil, doing("find next delivery", err)
	}
	list, err := s.read.query(ctx, `SELECT `+deliveryColumns+` FROM deliveries AS d WHERE d.seq = ?`, seq)
	d, found, err := first(list, err, scanDelivery)
	if err != nil || !found {
		return nil, doing("read next delivery", err)
	}
	return &d, nil
}

// next gives the row of the delivery to work on; 0 for none.
func (s *Store) next(ctx context.Context, room bot.Room, now time.Time) (int64, error) {
	for _, lane := range lanes {
		seq, err := s.nextInLane(ctx, room, lane, now)
		if err != nil || seq != 0 {
			return seq, err
		}
	}
	return 0, nil
}

func (s *Store) nextInLane(ctx context.Context, room bot.Room, lane int, now time.Time) (int64, error) {
	rows, err := s.read.query(ctx, `SELECT seq, wake <= ?, attempt > 0,
		d.kind IN ('edit', 'update') AND d.state <> 'sending'
			AND EXISTS (SELECT 1 FROM deliveries AS p WHERE p.story = d.story AND p.story <> 0 AND p.room = d.room
				AND p.kind = 'new' AND (p.open = 1 OR p.state = 'parked'))
			AND NOT EXISTS (SELECT 1 FROM deliveries AS p WHERE p.story = d.story AND p.story <> 0 AND p.room = d.room
				AND p.kind = 'new' AND p.state = 'sent')
		FROM deliveries AS d WHERE d.open = 1 AND d.room = ? AND d.lane = ? ORDER BY d.seq`, micros(now), string(room), lane)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var awake, tried, orphan bool
		if err := rows.Scan(&seq, &awake, &tried, &orphan); err != nil {
			return 0, err
		}
		switch {
		case awake && !orphan:
			return seq, nil
		case !awake && tried: // it is being sent, or waits for its next try
			return 0, nil
		}
	}
	return 0, rows.Err()
}

// NextWake implements bot.Outbox.
func (s *Store) NextWake(ctx context.Context, now time.Time) (time.Time, error) {
	var wake time.Time
	_, err := s.read.row(ctx, `SELECT wake FROM deliveries WHERE open = 1 AND wake > ? ORDER BY wake LIMIT 1`, []any{micros(now)}, instant{&wake})
	return wake, doing("find next wake", err)
}
