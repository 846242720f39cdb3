//go:build goolm

package matrix

import (
	"context"
	"errors"
	"net/http"

	"go.mau.fi/util/dbutil"
)

// lateTransaction is a context for handling one message of keys in one transaction that begins only
// when it is told to: one that began before could hold up every other write to the database while
// it waits for a lock whose holder waits to write.
type lateTransaction struct {
	context.Context
	db     *dbutil.Database
	key    any // under which the stores look for the transaction
	cancel context.CancelFunc
	tx     *dbutil.LoggingTxn
	err    error
}

// inTransaction is the key under which a context gives its *lateTransaction.
type inTransaction struct{}

func newTransaction(ctx context.Context, db *dbutil.Database) *lateTransaction {
	t := &lateTransaction{db: db}
	t.Context, t.cancel = context.WithTimeout(ctx, requestTime)
	db.Execable(keyFinder{t.Context, &t.key})
	return t
}

// keyFinder learns under which key the stores of the library look for a transaction.
type keyFinder struct {
	context.Context
	key *any
}

func (f keyFinder) Value(key any) any {
	*f.key = key
	return nil
}

// Value gives the transaction to the stores once it has begun.
func (t *lateTransaction) Value(key any) any {
	switch {
	case key == inTransaction{}:
		return t
	case t.tx != nil && key == t.key:
		return t.tx
	}
	return t.Context.Value(key)
}

// beginTransaction begins the transaction of ctx, where it has one that has not begun.
func beginTransaction(ctx context.Context) {
	t, ok := ctx.Value(inTransaction{}).(*lateTransaction)
	if !ok || t.tx != nil || t.err != nil {
		return
	}
	if t.tx, t.err = t.db.BeginTx(t.Context, nil); t.err != nil {
		t.tx = nil
		t.cancel() // nothing may be stored outside of it
	}
}

// end commits. After an error nothing of the message was stored.
func (t *lateTransaction) end() error {
	defer t.cancel()
	if t.tx != nil {
		t.err = t.tx.Commit()
	}
	return t.err
}

var errInTransaction = errors.New("no request is made while a transaction is open")

// outsideTransactions refuses requests in the middle of a transaction: the whole bot would wait for
// the homeserver.
type outsideTransactions struct{ http.RoundTripper }

// Unwrap gives the transport within.
func (o outsideTransactions) Unwrap() http.RoundTripper { return o.RoundTripper }

func (o outsideTransactions) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Context().Value(inTransaction{}) != nil {
		return nil, errInTransaction
	}
	return o.RoundTripper.RoundTrip(r)
}
