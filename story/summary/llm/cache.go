package llm

import "container/list"

// cache remembers the answers that were asked for last.
type cache struct {
	max    int
	order  *list.List // of entries, the latest first
	byHash map[[32]byte]*list.Element
}

type entry struct {
	key  [32]byte
	said string
}

func newCache(max int) *cache {
	return &cache{max, list.New(), map[[32]byte]*list.Element{}}
}

func (c *cache) get(key [32]byte) (string, bool) {
	e, ok := c.byHash[key]
	if !ok {
		return "", false
	}
	c.order.MoveToFront(e)
	return e.Value.(entry).said, true
}

func (c *cache) put(key [32]byte, said string) {
	if _, ok := c.get(key); ok {
		return
	}
	c.byHash[key] = c.order.PushFront(entry{key, said})
	if c.order.Len() > c.max {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.byHash, last.Value.(entry).key)
	}
}
