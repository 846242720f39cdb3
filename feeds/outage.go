package feeds

import "time"

// outage notices that nothing at all can be reached: then it is our network and not the feeds, and
// their back-off must not decide when we notice that it is back.
type outage struct {
	failed    map[string]bool // hosts that failed for the network's sake since anybody answered
	recovered bool
	begun     bool // and nobody was told yet
}

const (
	// outageWait bounds the time between two tries of a feed during an outage.
	outageWait = 15 * time.Minute

	// outageSpread is the time within which all feeds are tried again after it.
	outageSpread = 30 * time.Second
)

func isNetwork(f Failure) bool {
	switch f {
	case FailDNS, FailNetwork, FailTimeout, FailRefused, FailReset:
		return true
	}
	return false
}

// adjust notes the outcome of a poll and gives the time of the feed's next one. It is an outage
// when more than half of all hosts fail without any host answering in between.
func (o *outage) adjust(f *Feed, st State, now time.Time, hosts int) time.Time {
	if !isNetwork(st.Failure) {
		o.recovered = o.recovered || o.on(hosts) && st.Failure == ""
		clear(o.failed)
		return st.NextDue
	}
	if o.failed == nil {
		o.failed = map[string]bool{}
	}
	before := o.on(hosts)
	o.failed[hostOf(f.URL)] = true
	o.begun = o.begun || !before && o.on(hosts) && hosts > 1
	if !o.on(hosts) {
		return st.NextDue
	}
	if soon := now.Add(outageWait*3/4 + delayOf(f.URL, outageWait/4)); soon.Before(st.NextDue) {
		return soon
	}
	return st.NextDue
}

func (o *outage) on(hosts int) bool { return 2*len(o.failed) > hosts }

// begins tells, once, that there is an outage.
func (o *outage) begins() bool {
	was := o.begun
	o.begun = false
	return was
}

// over tells, once, that an outage has ended.
func (o *outage) over() bool {
	was := o.recovered
	o.recovered = false
	return was
}

// retryAfterOutage makes the feeds that failed for the network's sake due soon.
func (p *Poller) retryAfterOutage(now time.Time) {
	p.log.Info("network works again")
	for _, e := range p.feeds {
		if e.done != nil || !isNetwork(e.state.Failure) {
			continue
		}
		if soon := now.Add(delayOf(e.feed.URL, outageSpread)); soon.Before(e.due) {
			e.due = soon
		}
	}
}
