// Package store answers the question: what have we seen, and what have we promised?
//
// It keeps feeds, items, stories, alerts and deliveries in SQLite or PostgreSQL. Every method that writes is one
// transaction and may be repeated: what is there already is left as it is. An error of a write
// does not mean that nothing was written, since the answer of a commit can be lost; repeat it.
package store
