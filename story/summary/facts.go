package summary

import (
	"math"
	"time"
)

// Facts is what a text names: who, where, how much and when. Each list is in the order in which
// the text first names them, without repeats.
type Facts struct {
	People        []Name
	Places        []Name
	Organisations []Name
	Amounts       []Amount // of money, and shares in per cent
	Counts        []Amount // of anything else: people killed, jets, kilometres
	Dates         []Date

	// Classes holds what the lists of the language name, by list: "weapons".
	Classes map[string][]Name

	// Others are names that no list and no neighbouring word classes.
	Others []Name
}

// Name is a name as a text writes it.
type Name struct {
	Text string
	Key  string // folded, the same for every spelling that folds alike, and for the short form of a name
}

// Amount is a number with its unit. Two amounts are the same when Value and Unit are: "$4 billion",
// "4 milyar dolar" and "٤ مليارات دولار".
type Amount struct {
	Text  string // as the text writes it
	Value float64
	Unit  string // of money an ISO 4217 code, "%" for a share, else what is counted, folded and stemmed
}

// Money tells whether the unit is a currency.
func (a Amount) Money() bool { return isCurrency(a.Unit) }

// Precision says how much of a date its text gives.
type Precision int

// The precisions of a date.
const (
	Day Precision = iota
	Month
	Year
)

// Date is a date as a text gives it, resolved against the day of publication.
type Date struct {
	Text      string
	Day       time.Time // UTC midnight; the first day of a month or year
	Precision Precision
}

// String gives the date as ISO 8601 writes it: "2025-12-22", "2025-12" or "2025".
func (d Date) String() string {
	switch d.Precision {
	case Year:
		return d.Day.Format("2006")
	case Month:
		return d.Day.Format("2006-01")
	}
	return d.Day.Format(time.DateOnly)
}

// Extract gives the facts that stand in the title and the clean text of a source.
func Extract(src Source) Facts {
	return *factsOf(clean(&src, 0))
}

func (n Name) same(o Name) bool { return n.Key == o.Key }

func (d Date) same(o Date) bool { return d.Precision == o.Precision && d.Day.Equal(o.Day) }

// Same tells whether two amounts are the same number of the same thing.
func (a Amount) Same(o Amount) bool {
	return a.Unit == o.Unit && math.Abs(a.Value-o.Value) <= 1e-6*math.Abs(a.Value)
}
