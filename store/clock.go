package store

import (
	"context"
	"time"
)

// ClockSetBack is called when the wall clock was set back, at now by the new time. What waits for a
// while waits for as long as it would have, and not for as long again as the clock lost; roll-ups
// come at the time that was told for them. Mutes go on until the time that was told for them.
func (s *Store) ClockSetBack(ctx context.Context, now time.Time, by time.Duration) error {
	return s.write.update(ctx, "set the clock back", func(t *tx) error {
		at, less := micros(now), by.Microseconds()
		if err := t.do(`UPDATE deliveries SET
				next_try = CASE WHEN next_try - ?2 > ?1 THEN next_try - ?2 ELSE ?1 END,
				wake = CASE WHEN wake - ?2 > ?1 THEN wake - ?2 ELSE ?1 END,
				lease = CASE WHEN lease <= ?1 THEN lease WHEN lease - ?2 > ?1 THEN lease - ?2 ELSE ?1 END
			WHERE open = 1 AND wake > ?1 AND kind <> 'rollup'`, at, less); err != nil {
			return err
		}
		return t.do(`UPDATE mutes SET from_time = ?1 WHERE from_time > ?1`, at)
	})
}
