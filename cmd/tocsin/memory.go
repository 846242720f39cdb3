package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/tocsin-bot/tocsin/store"
)

// A bot that waits for the next poll should be small, and one that reads a thousand new feeds
// fast. So the garbage collector is fairly lazy while much is allocated and thrifty when little is,
// and what a burst needed is given back when it is over, not within the runtime's quarter of an hour.
// Measured with 1,000 feeds of 30 items: with Go's own 100 % the peak is 118 MB instead of 98 and
// what stays 3 MB more, for a tenth less of CPU.
const (
	busyPercent = 40      // of the live heap, as garbage
	idlePercent = 5       // a collection takes 20 ms of CPU then
	busyRate    = 8 << 20 // bytes allocated in a second, from which on we are busy
	trimBeyond  = 4 << 20 // bytes that are free and still ours
	lookEvery   = 15 * time.Second
)

// trimMemory keeps the process small until ctx ends.
func trimMemory(ctx context.Context, db *store.Store) {
	defer debug.SetGCPercent(debug.SetGCPercent(busyPercent))
	now := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	before, busy := uint64(0), true
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(now)
		allocated := now[0].Value.Uint64() - before
		before += allocated
		if allocated > uint64(busyRate*lookEvery.Seconds()) {
			debug.SetGCPercent(busyPercent)
			busy = true
			continue
		}
		debug.SetGCPercent(idlePercent)
		if busy || now[1].Value.Uint64() > trimBeyond {
			busy = false
			_ = db.Trim(ctx) // a database that cannot be written to tells so elsewhere
			debug.FreeOSMemory()
		}
	}
}
