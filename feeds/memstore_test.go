package feeds

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// memStore is a Store in memory. Tests that need a store to last, or to fail as databases do, are
// with the real one in package store.
type memStore struct {
	mu     sync.Mutex
	states map[string]State
	items  []storedItem // Item.Key is the index plus one
	memory map[string]*remember
	saves  int
	refuse func(p *Poll) bool // SavePolls fails when it says so of one of the polls
}

type storedItem struct {
	Item
	Stage Stage
}

func newMemStore() *memStore {
	return &memStore{states: map[string]State{}, memory: map[string]*remember{}}
}

func (m *memStore) States(context.Context) (map[string]State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]State{}
	for k, v := range m.states {
		out[k] = v
	}
	return out, nil
}

func (m *memStore) SavePolls(_ context.Context, polls []*Poll) ([]Decision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil && slices.ContainsFunc(polls, m.refuse) {
		return nil, errors.New("the disk is full")
	}
	m.saves++
	var out []Decision
	for _, p := range polls {
		r := m.memory[p.State.Feed]
		if r == nil {
			r = &remember{}
			m.memory[p.State.Feed] = r
		}
		d := r.poll(p)
		for _, n := range d.New {
			it := n.Item
			it.Key = int64(len(m.items) + 1)
			m.items = append(m.items, storedItem{it, n.Stage})
		}
		m.states[p.State.Feed] = d.State
		out = append(out, d)
	}
	return out, nil
}

func (m *memStore) AwaitingArticle(_ context.Context, after int64, limit int) ([]Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Item
	for _, it := range m.items {
		if it.Stage == StageArticle && it.Key > after && len(out) < limit {
			out = append(out, it.Item)
		}
	}
	return out, nil
}

func (m *memStore) SaveArticles(_ context.Context, items []Item) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, it := range items {
		if s := &m.items[it.Key-1]; s.Stage == StageArticle {
			*s = storedItem{it, StageFresh}
		}
	}
	return nil
}

// titles gives the titles of the stored items of a feed in a stage, in the order of their keys.
func (m *memStore) titles(feed string, stage Stage) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, it := range m.items {
		if it.Feed == feed && it.Stage == stage {
			out = append(out, it.Title)
		}
	}
	return out
}
