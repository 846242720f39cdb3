package feeds

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// saver saves polls in batches: whatever was finished while one transaction ran goes into the
// next. Polls that brought nothing wait up to a second for company, so that two thousand feeds that
// have not changed cost a few commits instead of two thousand.
type saver struct {
	store Store
	log   *slog.Logger

	mu    sync.Mutex
	queue []*saveJob
	later []*Poll     // of two polls of a feed the newer comes later
	timer *time.Timer // runs while there is something in later
	idle  *sync.Cond  // busy has ended
	busy  bool
}

func newSaver(store Store, log *slog.Logger) *saver {
	s := &saver{store: store, log: log}
	s.idle = sync.NewCond(&s.mu)
	return s
}

type saveJob struct {
	ctx       context.Context
	polls     []*Poll
	decisions []Decision
	err       error
	done      chan struct{}
}

const (
	maxBatchPolls = 256
	maxBatchItems = 1000 // with the full-text index about 0.2 s
	saveTries     = 3
	saveTimeout   = 30 * time.Second

	laterPolls = 500
	laterWait  = time.Second
)

// save stores polls and gives their decisions. What was fetched is stored also when ctx has ended;
// only a store that fails is then not tried again.
func (s *saver) save(ctx context.Context, polls []*Poll) ([]Decision, error) {
	j := &saveJob{ctx: ctx, polls: polls, done: make(chan struct{})}
	s.mu.Lock()
	s.later = slices.DeleteFunc(s.later, func(old *Poll) bool {
		return slices.ContainsFunc(polls, func(p *Poll) bool { return p.State.Feed == old.State.Feed })
	})
	s.queue = append(s.queue, j)
	s.start()
	s.mu.Unlock()
	<-j.done
	return j.decisions, j.err
}

// saveLater stores a poll that found nothing new, some time within a second. When the process ends
// before, the feed is asked once more for what it has not got.
func (s *saver) saveLater(p *Poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.later = append(s.later, p)
	switch {
	case len(s.later) >= laterPolls:
		s.queueLater()
	case s.timer == nil:
		s.timer = time.AfterFunc(laterWait, s.flushLater)
	}
}

func (s *saver) flushLater() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queueLater()
}

// queueLater puts the polls that waited into one job, for which nobody waits.
func (s *saver) queueLater() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if len(s.later) == 0 {
		return
	}
	j := &saveJob{ctx: context.Background(), polls: s.later, done: make(chan struct{})}
	s.later = make([]*Poll, 0, laterPolls)
	s.queue = append(s.queue, j)
	s.start()
}

// flush stores what waits, and returns when all is stored.
func (s *saver) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queueLater()
	for s.busy {
		s.idle.Wait()
	}
}

func (s *saver) start() {
	if !s.busy {
		s.busy = true
		go s.run()
	}
}

// run saves until nothing is left to be saved.
func (s *saver) run() {
	for {
		s.mu.Lock()
		batch := s.next()
		if len(batch) == 0 {
			s.busy = false
			s.idle.Broadcast()
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		if len(batch) > 1 && s.commit(batch) == nil {
			continue
		}
		for _, j := range batch { // one poll that cannot be stored must not hold up the others
			s.commitAlone(j)
		}
	}
}

func (s *saver) next() []*saveJob {
	n, items := 0, 0
	for n < len(s.queue) && n < maxBatchPolls && (n == 0 || items < maxBatchItems) {
		for _, p := range s.queue[n].polls {
			items += len(p.Items)
		}
		n++
	}
	batch := s.queue[:n:n]
	s.queue = s.queue[n:]
	return batch
}

// commit stores a batch in one transaction and hands out its decisions.
func (s *saver) commit(batch []*saveJob) error {
	var polls []*Poll
	for _, j := range batch {
		polls = append(polls, j.polls...)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(batch[0].ctx), saveTimeout)
	defer cancel()
	decisions, err := s.store.SavePolls(ctx, polls)
	if err != nil {
		return err
	}
	for _, j := range batch {
		j.decisions, decisions = decisions[:len(j.polls)], decisions[len(j.polls):]
		close(j.done)
	}
	return nil
}

func (s *saver) commitAlone(j *saveJob) {
	for try := 1; ; try++ {
		err := s.commit([]*saveJob{j})
		if err == nil {
			return
		}
		if try == saveTries || sleep(j.ctx, time.Duration(try)*time.Second) != nil {
			s.log.Error("polls not stored", "feed", j.polls[0].State.Feed, "polls", len(j.polls), "err", err)
			j.err = err
			close(j.done)
			return
		}
	}
}

// sleep waits for d, or gives the error of ctx when that ends before.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
