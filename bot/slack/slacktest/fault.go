package slacktest

import (
	"net/http"
	"strconv"
	"time"
)

// Fault is one way in which Slack fails. The zero value of a field means that it plays no part.
type Fault struct {
	Method  string // of which calls; all when it is empty
	Channel string // to which channel; all when it is empty
	Times   int    // how often. Defaults to once; -1 means for ever

	// Before makes the call fail before Slack looks at it, so that nothing is stored. Otherwise the
	// call has its effect and only the answer fails.
	Before bool

	Status     int           // answer with this status
	Body       string        // and this body
	RetryAfter time.Duration // and this header
	Error      string        // answer ok false with this error
	Reset      bool          // break the connection off
	Cut        bool          // send half of the answer and break off
	Hang       time.Duration // wait for so long, or until the caller gives up
}

// Fail makes the next calls fail. Faults are used in the order in which they were given.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, &f)
}

// Heal takes all faults away.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// faultFor takes the fault for a call; nil for none. s.mu is held.
func (s *Server) faultFor(method, channel string) *Fault {
	for i, f := range s.faults {
		if f.Method != "" && f.Method != method || f.Channel != "" && f.Channel != channel {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			}
		}
		copied := *f
		return &copied
	}
	return nil
}

// before plays a fault that comes before the call. It is true when the call is over.
func (f *Fault) before(w http.ResponseWriter, r *http.Request) bool {
	if f == nil || !f.Before {
		return false
	}
	f.play(w, r, http.StatusOK, nil)
	return true
}

// after gives the answer, or plays a fault in its place.
func (f *Fault) after(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	if f == nil || f.Before {
		w.WriteHeader(status)
		_, _ = w.Write(body)
		return
	}
	f.play(w, r, status, body)
}

func (f *Fault) play(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	if f.Hang > 0 {
		select {
		case <-r.Context().Done():
		case <-time.After(f.Hang):
		}
	}
	if f.Reset {
		panic(http.ErrAbortHandler)
	}
	if f.Status != 0 {
		status, body = f.Status, []byte(f.Body)
	}
	if f.Error != "" {
		body = []byte(`{"ok":false,"error":"` + f.Error + `"}`)
	}
	if f.Status == 0 && f.Body != "" {
		body = []byte(f.Body)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	if f.Cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body[:len(body)/2])
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
