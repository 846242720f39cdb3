package store

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escaped is the first character of a text that PostgreSQL could not store as it is, since it holds
// a zero byte or is not UTF-8: what follows is a string of Go. A text that begins so by itself is
// written like that as well, so that every text comes back as it was. JSON never needs it.
const escaped = "\uE0FF"

func escape(s string) string {
	if strings.IndexByte(s, 0) < 0 && !strings.HasPrefix(s, escaped) && utf8.ValidString(s) {
		return s
	}
	return escaped + strconv.Quote(s)
}

func unescape(s string) string {
	quoted, ok := strings.CutPrefix(s, escaped)
	if !ok {
		return s
	}
	plain, err := strconv.Unquote(quoted)
	if err != nil { // somebody else wrote it
		return s
	}
	return plain
}

// encodeArgs gives arguments as PostgreSQL takes them: 0 and 1 for false and true, as in SQLite, and
// texts that it can store.
func encodeArgs(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case string:
			out[i] = escape(v)
		case bool:
			n := int64(0)
			if v {
				n = 1
			}
			out[i] = n
		default:
			out[i] = a
			if r := reflect.ValueOf(a); r.Kind() == reflect.String {
				out[i] = escape(r.String())
			}
		}
	}
	return out
}

// decodeStrings undoes escape in what was read.
func decodeStrings(dest []any) {
	for _, d := range dest {
		if s, ok := d.(*string); ok {
			*s = unescape(*s)
			continue
		}
		r := reflect.ValueOf(d)
		if r.Kind() == reflect.Pointer && r.Elem().Kind() == reflect.String && strings.HasPrefix(r.Elem().String(), escaped) {
			r.Elem().SetString(unescape(r.Elem().String()))
		}
	}
}
