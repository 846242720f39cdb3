package summary

import (
	"strconv"
	"strings"
	"time"
)

// dates reads the dates of a sentence, resolved against the day of publication.
func (r *reader) dates(f *Facts) {
	published := r.doc.source.Published.UTC()
	for i := 0; i < len(r.words); {
		d, n := r.date(i, published)
		if n == 0 {
			i++
			continue
		}
		d.Text = strings.Join(strings.Fields(r.take(i, i+n)), " ")
		if !d.Day.IsZero() {
			f.add(&Facts{Dates: []Date{d}})
		}
		i += n
	}
}

// date reads the date that starts at word i: how many words it has, 0 for none. Day is zero where
// it cannot be resolved.
func (r *reader) date(i int, published time.Time) (Date, int) {
	if d, n := r.numericDate(i); n > 0 {
		return d, n
	}
	if days, n := r.facts.relative.at(r, i); n > 0 {
		if published.IsZero() {
			return Date{}, n
		}
		return Date{Day: midnight(published).AddDate(0, 0, days)}, n
	}
	if day, n := r.facts.weekdays.at(r, i); n > 0 {
		if d, m := r.written(i+n, published); m > 0 { // "Monday, 22 December"
			return d, n + m
		}
		return r.weekday(i, n, day, published)
	}
	return r.written(i, published)
}

// weekday resolves the name of a day: the last such day, today included, or the next one where the
// words around it say so.
func (r *reader) weekday(i, n, day int, published time.Time) (Date, int) {
	if published.IsZero() {
		return Date{}, n
	}
	today := midnight(published)
	ahead := (day - int(today.Weekday()) + 7) % 7
	if r.facts.next[r.folded(i+n)] {
		r.take(i+n, i+n+1)
		n++
		return Date{Day: today.AddDate(0, 0, (ahead+6)%7+1)}, n
	}
	if r.facts.next[r.folded(i-1)] {
		if ahead == 0 {
			ahead = 7
		}
		return Date{Day: today.AddDate(0, 0, ahead)}, n
	}
	back := (7 - ahead) % 7
	if back == 0 && (r.facts.last[r.folded(i-1)] || r.facts.last[r.folded(i+n)]) {
		back = 7
	}
	return Date{Day: today.AddDate(0, 0, -back)}, n
}

// written reads a date with the name of a month: "22 December 2025", "December 22", "Mars 2026".
func (r *reader) written(i int, published time.Time) (Date, int) {
	if day, ok := r.dayNumber(i); ok {
		k := i + 1
		for r.facts.dateFiller[r.folded(k)] {
			k++
		}
		month, n := r.facts.months.at(r, k)
		if n == 0 {
			return Date{}, 0
		}
		k += n
		for r.facts.dateFiller[r.folded(k)] && r.year(k+1) > 0 {
			k++
		}
		if year := r.year(k); year > 0 {
			return day3(year, month, day, k+1-i)
		}
		return r.nearest(month, day, published, k-i)
	}
	month, n := r.facts.months.at(r, i)
	if n == 0 {
		return Date{}, 0
	}
	k := i + n
	if day, ok := r.dayNumber(k); ok && r.facts.monthFirst {
		if year := r.year(k + 1); year > 0 {
			return day3(year, month, day, k+2-i)
		}
		return r.nearest(month, day, published, k+1-i)
	}
	for r.facts.dateFiller[r.folded(k)] && r.year(k+1) > 0 {
		k++
	}
	if year := r.year(k); year > 0 {
		return Date{Day: time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC), Precision: Month}, k + 1 - i
	}
	return Date{}, 0
}

// numericDate reads 2025-12-22, 22.12.2025 and 22/12/2025. Where both numbers can be the month,
// English leaves open which is which, and there is no date.
func (r *reader) numericDate(i int) (Date, int) {
	parts := strings.Split(digitsToASCII(r.folded(i)), ".")
	n := 1
	if len(parts) != 3 && i+2 < len(r.words) {
		sep := r.between(i + 1)
		if sep == r.between(i+2) && (sep == "-" || sep == "/" || sep == ".") {
			parts, n = nil, 3
			for k := range 3 {
				parts = append(parts, digitsToASCII(r.folded(i+k)))
			}
		}
	}
	if len(parts) != 3 {
		return Date{}, 0
	}
	var v [3]int
	for k, p := range parts {
		x, err := strconv.Atoi(p)
		if err != nil {
			return Date{}, 0
		}
		v[k] = x
	}
	switch {
	case len(parts[0]) == 4:
		return day3(v[0], v[1], v[2], n)
	case len(parts[2]) != 4:
		return Date{}, 0
	case v[1] > 12:
		return day3(v[2], v[0], v[1], n)
	case v[0] <= 12 && v[0] != v[1] && r.doc.language == "en":
		return Date{}, n
	}
	return day3(v[2], v[1], v[0], n)
}

// dayNumber reads the number of a day, "22", "22nd" or "1er".
func (r *reader) dayNumber(i int) (int, bool) {
	w := digitsToASCII(r.folded(i))
	for _, suffix := range []string{"st", "nd", "rd", "th", "er"} {
		w = strings.TrimSuffix(w, suffix)
	}
	n, err := strconv.Atoi(w)
	return n, err == nil && n >= 1 && n <= 31 && len(w) <= 2
}

func (r *reader) year(i int) int {
	n, err := strconv.Atoi(digitsToASCII(r.folded(i)))
	if err != nil || n < 1500 || n > 2200 {
		return 0
	}
	return n
}

// nearest gives the day in the year that brings it nearest to the day of publication.
func (r *reader) nearest(month, day int, published time.Time, n int) (Date, int) {
	if published.IsZero() {
		return Date{}, n
	}
	var best Date
	for year := published.Year() - 1; year <= published.Year()+1; year++ {
		d, _ := day3(year, month, day, n)
		if !d.Day.IsZero() && (best.Day.IsZero() || d.Day.Sub(published).Abs() < best.Day.Sub(published).Abs()) {
			best = d
		}
	}
	return best, n
}

// day3 gives a day, or no day where the calendar has none such.
func day3(year, month, day, n int) (Date, int) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if month < 1 || month > 12 || t.Day() != day {
		return Date{}, n
	}
	return Date{Day: t}, n
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
