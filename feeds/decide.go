package feeds

import "time"

// Poll is the outcome of one poll of one feed, ready to be saved.
type Poll struct {
	State State // the feed's state after this poll; Decide adds LastNew

	// Items are those of the document, oldest first. Empty when the feed has not changed or failed.
	Items []Item

	// First is set for the first poll of an address, whose items are the baseline: the newest
	// Baseline of them are news, the others never alert. When the feed has moved and most of the
	// items are known, there is nothing to learn and new items are news as always.
	First    bool
	Baseline int

	Article ArticleMode

	// Same is set when State differs from the saved one in nothing but Polled, LastGood and NextDue,
	// so that a store may write these alone. It is the case for most polls.
	Same bool

	ids []identity // of Items, once computed
}

// Known is a stored item that one of Poll.Keys led to.
type Known struct {
	Item     int64   // Item.Key of its first version
	Baseline bool    // its first version is in StageBaseline
	Prints   []Print // of all its versions, in any order; none when those that were stored mean nothing any more
}

// NewItem is an item that a poll found and that is to be stored.
type NewItem struct {
	Item  Item // Item.Revises names the item of which this is a later version
	Stage Stage
	Keys  []Key // under which it is found again; one of another item of the feed stays with that one
	Print Print // what it said, to tell a later version
}

// Decision is what a poll means, given what is known.
type Decision struct {
	State State     // to replace the saved state
	New   []NewItem // to be inserted in this order

	// Learnt are prints to be stored of known items, by Known.Item, of which none is stored.
	Learnt map[int64]Print

	// For the log: Fresh, Waiting (for their article), Baseline and Revised add up to len(New),
	// Known is the rest of the document.
	Fresh, Waiting, Baseline, Revised, Known int
}

// Keys gives every key to be looked up for the poll, without repeats.
func (p *Poll) Keys() []Key {
	var keys []Key
	seen := map[Key]bool{}
	for _, id := range p.identities() {
		for _, k := range id.keys {
			if !seen[k] {
				seen[k] = true
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// Decide tells what of the poll is new, given the stored items that its keys led to. It is a pure
// function of the poll and of known.
//
// An item is known when two of its three marks (guid, link, title) are those of one stored item of
// the feed, or of an earlier item of the same document. A known item whose words have changed
// materially is new as a revision, which points at the item's first version.
func (p *Poll) Decide(known map[Key]Known) Decision {
	d := Decision{State: p.State}
	if len(p.Items) == 0 {
		return d
	}
	mine := map[Key]bool{} // keys of items of this document that are new
	settled := p.settled(known)
	firstNews := 0 // the index of the oldest item that may be news
	if p.First && !p.mostlyIn(known) {
		firstNews = len(p.Items) - p.Baseline
	}
	for i, id := range p.identities() {
		k, found := lookUp(known, id.keys)
		if found && settled[k.Item] || !found && anyOf(mine, id.keys) {
			d.Known++
			if found && len(k.Prints) == 0 {
				d.learn(k.Item, id.print)
			}
			continue
		}
		it, stage := p.Items[i], StageFresh
		if found {
			settled[k.Item] = true
			it.Revises = k.Item
		}
		switch {
		case found && k.Baseline, !found && i < firstNews:
			stage = StageBaseline
		case p.Article.wantsArticle(&it):
			stage = StageArticle
		}
		for _, key := range id.keys {
			mine[key] = true
		}
		d.count(stage, found)
		d.New = append(d.New, NewItem{Item: it, Stage: stage, Keys: id.keys, Print: id.print})
	}
	if len(d.New) > d.Baseline {
		d.State.LastNew = newest(p.State.Polled, p.State.LastNew)
	}
	if d.State.LastNew.IsZero() {
		d.State.LastNew = p.Items[len(p.Items)-1].Time()
	}
	return d
}

// settled gives the stored items of which the document shows a version that is known. When it shows
// another version as well, which happens when a document lists an item twice, that is no news.
func (p *Poll) settled(known map[Key]Known) map[int64]bool {
	out := map[int64]bool{}
	for _, id := range p.identities() {
		if k, ok := lookUp(known, id.keys); ok && !id.print.revises(k.Prints) {
			out[k.Item] = true
		}
	}
	return out
}

func (d *Decision) learn(item int64, p Print) {
	if d.Learnt == nil {
		d.Learnt = map[int64]Print{}
	}
	d.Learnt[item] = p
}

func (d *Decision) count(stage Stage, revised bool) {
	switch {
	case revised:
		d.Revised++
	case stage == StageArticle:
		d.Waiting++
	case stage == StageFresh:
		d.Fresh++
	default:
		d.Baseline++
	}
}

// mostlyIn tells whether at least half of the items are known.
func (p *Poll) mostlyIn(known map[Key]Known) bool {
	n := 0
	for _, id := range p.identities() {
		if _, ok := lookUp(known, id.keys); ok {
			n++
		}
	}
	return n > 0 && 2*n >= len(p.Items)
}

func lookUp(known map[Key]Known, keys []Key) (Known, bool) {
	for _, k := range keys {
		if v, ok := known[k]; ok {
			return v, true
		}
	}
	return Known{}, false
}

func anyOf(set map[Key]bool, keys []Key) bool {
	for _, k := range keys {
		if set[k] {
			return true
		}
	}
	return false
}

func newest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (p *Poll) identities() []identity {
	if p.ids == nil {
		p.ids = identify(p.Items)
	}
	return p.ids
}
