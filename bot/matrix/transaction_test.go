//go:build goolm

package matrix

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"maunium.net/go/mautrix/event"
)

func TestMessageOfKeysIsOneTransactionThatBeginsLate(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, o Options) {
		m := openTables(t, o)
		is := func(when, want string) {
			t.Helper()
			if got, err := m.value(t.Context(), "name"); err != nil || got != want {
				t.Errorf("%s others see %q, %v", when, got, err)
			}
		}
		tx := newTransaction(t.Context(), m.Database)
		// Nobody waits for one that has not begun.
		if err := m.setValue(t.Context(), "name", "beside"); err != nil {
			t.Fatal(err)
		}
		type logger struct{}
		inner := context.WithValue(tx, logger{}, "as the library derives its contexts")
		beginTransaction(inner)
		beginTransaction(inner)
		if err := m.setValue(inner, "name", "within"); err != nil {
			t.Fatal(err)
		}
		if got, err := m.value(inner, "name"); err != nil || got != "within" {
			t.Errorf("within it is %q, %v", got, err)
		}
		is("before the end", "beside")
		if err := tx.end(); err != nil {
			t.Fatal(err)
		}
		is("after the end", "within")

		tx = newTransaction(t.Context(), m.Database)
		beginTransaction(tx)
		if err := m.setValue(tx, "name", "lost"); err != nil {
			t.Fatal(err)
		}
		tx.cancel()
		if err := tx.end(); err == nil {
			t.Error("a transaction that was cancelled was committed")
		}
		is("after a failure", "within")

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		tx = newTransaction(gone, m.Database)
		beginTransaction(tx)
		if err := m.setValue(tx, "name", "outside"); err == nil {
			t.Error("stored outside of a transaction that could not begin")
		}
		if err := tx.end(); err == nil {
			t.Error("a transaction that never began ended well")
		}
		is("after one that did not begin", "within")
	})
}

func TestNoRequestIsMadeInATransaction(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, nil)
	a, err := p.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tx := newTransaction(t.Context(), p.memory.Database)
	defer tx.end()
	if _, err := a.Whoami(tx); !errors.Is(err, errInTransaction) {
		t.Errorf("a request in a transaction gave %v", err)
	}
	if _, err := a.Whoami(t.Context()); err != nil {
		t.Error(err)
	}
}

// Whatever waits for the machine's lock must not hold up the writes of others, such as the news.
func TestNewsAreWrittenWhileAMessageOfKeysWaits(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, nil)
	a, err := p.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := a.vault.(*olmVault)
	asked, answered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.mu.Lock()
	s.intercept = func(w http.ResponseWriter, r *http.Request, next func(http.ResponseWriter)) bool {
		if r.URL.Path == "/_matrix/client/v3/keys/query" {
			once.Do(func() { close(asked) })
			<-answered
		}
		return false
	}
	s.mu.Unlock()
	// The sender is unknown: their devices are asked for.
	e := &event.Event{Sender: anna, Type: event.ToDeviceEncrypted}
	e.Content.VeryRaw = []byte(`{"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "x", "ciphertext": {"` + string(v.OwnIdentity().IdentityKey) + `": {"type": 0, "body": "AAAA"}}}`)
	r := &syncResponse{}
	r.ToDevice.Events = events{e}
	done := make(chan error, 1)
	go func() {
		_, err := v.receive(t.Context(), r)
		done <- err
	}()
	<-asked
	if err := p.memory.setValue(t.Context(), "news", "written"); err != nil {
		t.Error(err)
	}
	close(answered)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
