package strict

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func (n *Node) decodeScalar(v reflect.Value, lim limits) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Text())
	case reflect.Bool:
		b, ok := bools[strings.ToLower(n.Text())]
		if !ok || n.Quoted() {
			n.Fail(fmt.Sprintf("expected true or false, found %s", quote(n.Text())), "")
			return
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n.decodeInt(v, lim)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(n.Text(), 64)
		if err != nil || n.Quoted() || math.IsInf(f, 0) || math.IsNaN(f) {
			n.Fail(fmt.Sprintf("expected a number, found %s", quote(n.Text())), "")
			return
		}
		low, high := parseFloat(lim.min, math.Inf(-1)), parseFloat(lim.max, math.Inf(1))
		if f < low || f > high {
			n.outOfRange(lim)
			return
		}
		v.SetFloat(f)
	default:
		panic(fmt.Sprintf("strict: a field of type %s cannot be decoded", v.Type()))
	}
}

var bools = map[string]bool{"true": true, "yes": true, "on": true, "false": false, "no": false, "off": false}

var wholeNumber = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)

func (n *Node) decodeInt(v reflect.Value, lim limits) {
	s := n.Text()
	if n.Quoted() || !wholeNumber.MatchString(s) {
		hint := ""
		switch {
		case n.Quoted():
			hint = "take the quotes away"
		case regexp.MustCompile(`^0[0-9]+$`).MatchString(s):
			hint = "a leading 0 means another number to some readers: leave it out"
		}
		n.Fail(fmt.Sprintf("expected a whole number, found %s", quote(s)), hint)
		return
	}
	i, err := strconv.ParseInt(s, 10, 64)
	low, high := int64(parseFloat(lim.min, math.MinInt64)), int64(math.MaxInt64)
	if lim.max != "" {
		high = int64(parseFloat(lim.max, 0))
	}
	if err != nil || i < low || i > high {
		n.outOfRange(lim)
		return
	}
	if v.CanInt() && !v.OverflowInt(i) {
		v.SetInt(i)
		return
	}
	if v.CanUint() && i >= 0 && !v.OverflowUint(uint64(i)) {
		v.SetUint(uint64(i))
		return
	}
	n.outOfRange(lim)
}

func parseFloat(s string, otherwise float64) float64 {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	return otherwise
}

func (n *Node) outOfRange(lim limits) {
	hint := ""
	switch {
	case lim.min != "" && lim.max != "":
		hint = fmt.Sprintf("from %s to %s", lim.min, lim.max)
	case lim.min != "":
		hint = fmt.Sprintf("at least %s", lim.min)
	case lim.max != "":
		hint = fmt.Sprintf("at most %s", lim.max)
	}
	n.Fail(fmt.Sprintf("%s is out of range", quote(n.Text())), hint)
}

func (n *Node) decodeDuration(v reflect.Value, lim limits) {
	if !n.want(Scalar) {
		return
	}
	d, err := ParseDuration(n.Text())
	if err != nil {
		n.Fail(err.Error(), hintOf(err))
		return
	}
	low, high := time.Duration(0), time.Duration(math.MaxInt64)
	if lim.min != "" {
		low, _ = ParseDuration(lim.min)
	}
	if lim.max != "" {
		high, _ = ParseDuration(lim.max)
	}
	if d < low || d > high {
		if lim.min == "" && d < 0 {
			lim.min = "0s"
		}
		n.outOfRange(lim)
		return
	}
	v.SetInt(int64(d))
}

var durationParts = regexp.MustCompile(`^[-+]?(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d|w))+$`)
var durationPart = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)`)

var durationUnits = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute,
	"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}

// DurationError says that a text is no length of time.
type DurationError struct{ Text string }

func (e *DurationError) Error() string {
	if _, err := strconv.ParseFloat(e.Text, 64); err == nil {
		return fmt.Sprintf("the duration %s has no unit", quote(e.Text))
	}
	return fmt.Sprintf("%s is not a duration", quote(e.Text))
}

// Hint shows how a duration is written.
func (e *DurationError) Hint() string {
	if _, err := strconv.ParseUint(e.Text, 10, 16); err == nil {
		return fmt.Sprintf("write %sm for minutes, %ss for seconds, %sh for hours, %sd for days", e.Text, e.Text, e.Text, e.Text)
	}
	return "write 90s, 30m, 1h30m, 7d or 2w"
}

// ParseDuration reads a length of time such as 90s, 30m, 1h30m, 7d or 2w; a day is 24 hours. The
// unit is never guessed.
func ParseDuration(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if s == "0" {
		return 0, nil
	}
	if !durationParts.MatchString(s) {
		return 0, &DurationError{s}
	}
	total := 0.0
	for _, m := range durationPart.FindAllStringSubmatch(s, -1) {
		f, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, &DurationError{s}
		}
		total += f * float64(durationUnits[m[2]])
	}
	if total > 100*365*24*float64(time.Hour) {
		return 0, errors.New(quote(s) + " is longer than a hundred years")
	}
	if s[0] == '-' {
		total = -total
	}
	return time.Duration(total), nil
}

// FormatDuration writes a length of time as ParseDuration reads it: 1h30m, 7d.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	if d < 0 {
		b.WriteByte('-')
		d = -d
	}
	for _, u := range []string{"d", "h", "m", "s", "ms"} {
		if n := d / durationUnits[u]; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u)
			d -= n * durationUnits[u]
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}
