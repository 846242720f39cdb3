package store

import (
	"encoding/json"
	"time"
)

// micros is how a time is stored: microseconds since 1970, 0 for a time that is not known. The
// first instant of 1970 is moved by one, so that it stays known.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	if m := t.UnixMicro(); m != 0 {
		return m
	}
	return 1
}

func timeOf(m int64) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMicro(m).UTC()
}

// instant reads a stored time into t.
type instant struct{ t *time.Time }

// Scan implements sql.Scanner.
func (i instant) Scan(v any) error {
	m, _ := v.(int64)
	*i.t = timeOf(m)
	return nil
}

// encode gives v as JSON. What is stored are structs of strings, numbers and times within the
// years that JSON knows: it cannot fail for anything but those times.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// document reads stored JSON into v; nothing when it is empty.
type document struct{ v any }

// Scan implements sql.Scanner.
func (d document) Scan(v any) error {
	s, _ := v.(string)
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), d.v)
}
