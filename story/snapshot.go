package story

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// snapshotVersion begins every snapshot. A snapshot of another version is refused, and the word
// counts start again from the items that are still stored.
const snapshotVersion = "tocsin words 1\n"

// Snapshot gives the word counts of every language, a few bytes a word, those that still wait to
// be counted included. It holds no stories: those are rebuilt from the stored items with
// [Index.Restore].
func (x *Index) Snapshot() []byte {
	waiting := make(map[*space]map[uint32]uint32)
	texts := make(map[*space]uint32)
	for _, l := range x.late {
		if waiting[l.space] == nil {
			waiting[l.space] = make(map[uint32]uint32)
		}
		texts[l.space]++
		for _, t := range l.terms {
			waiting[l.space][t]++
		}
	}
	b := []byte(snapshotVersion)
	b = binary.AppendUvarint(b, uint64(len(x.spaces)))
	for _, language := range slices.Sorted(maps.Keys(x.spaces)) {
		s := x.spaces[language]
		b = binary.AppendUvarint(b, uint64(len(language)))
		b = append(b, language...)
		b = binary.AppendUvarint(b, uint64(s.texts+texts[s]))
		known := make([]uint32, 0, len(s.counts))
		for t, n := range s.counts {
			if n > 0 || waiting[s][uint32(t)] > 0 {
				known = append(known, uint32(t))
			}
		}
		slices.SortFunc(known, func(a, b uint32) int {
			if s.words[a] < s.words[b] {
				return -1
			}
			return 1
		})
		b = binary.AppendUvarint(b, uint64(len(known)))
		last := uint64(0)
		for _, t := range known {
			b = binary.AppendUvarint(b, s.words[t]-last)
			b = binary.AppendUvarint(b, uint64(s.counts[t]+waiting[s][t]))
			last = s.words[t]
		}
	}
	return b
}

// LoadSnapshot replaces the word counts by those of a snapshot. On an error nothing has
// changed. Call it before anything else: counts that are in use are not replaced.
func (x *Index) LoadSnapshot(b []byte) error {
	if x.docs.len() > 0 || len(x.spaces) > 0 {
		return errors.New("load word counts: the index is in use already; load them first")
	}
	r := &reader{b: b}
	if string(r.bytes(len(snapshotVersion))) != snapshotVersion {
		return errors.New("load word counts: not a snapshot of this version; they are counted anew from the stored items")
	}
	spaces := make(map[string]*space)
	for n := r.number(); n > 0 && r.err == nil; n-- {
		s := newSpace(string(r.bytes(int(min(r.number(), 1<<10)))))
		s.texts = uint32(r.number())
		word := uint64(0)
		for m := r.number(); m > 0 && r.err == nil; m-- {
			word += r.number()
			s.counts[s.intern(word)] = uint32(r.number())
		}
		spaces[s.language] = s
	}
	if r.err == nil && len(r.b) > 0 {
		r.err = errors.New("bytes are left over")
	}
	if r.err != nil {
		return fmt.Errorf("load word counts: damaged snapshot: %w", r.err)
	}
	x.spaces = spaces
	return nil
}

// reader reads numbers until the first error.
type reader struct {
	b   []byte
	err error
}

var errShort = errors.New("it ends too early")

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.err, r.b = errShort, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.b) {
		r.err, r.b = errShort, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}
