package feeds

import (
	"testing"
	"time"
)

func TestDatesAreReadInTheFormsOfFeeds(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"Mon, 24 Nov 2025 10:00:00 GMT":           "2025-11-24T10:00:00Z",
		"Mon, 24 Nov 2025 10:00:00 +0500":         "2025-11-24T05:00:00Z",
		"Mon, 24 Nov 2025 10:00:00 EST":           "2025-11-24T15:00:00Z",
		"24 Nov 2025 10:00 PKT":                   "2025-11-24T05:00:00Z",
		"Mon, 24 Nov 25 10:00:00 Z":               "2025-11-24T10:00:00Z",
		"Monday, 24-Nov-25 10:00:00 UTC":          "2025-11-24T10:00:00Z",
		"Monday, November 24, 2025 3:04 PM":       "2025-11-24T15:04:00Z",
		"Sat, Dec 16 2023 02:02:33 PM":            "2023-12-16T14:02:33Z",
		"November 24th, 2025":                     "2025-11-24T00:00:00Z",
		"Mon Nov 24 10:00:00 2025":                "2025-11-24T10:00:00Z",
		"Mon Nov 24 10:00:00 +0100 2025":          "2025-11-24T09:00:00Z",
		"Mon Nov 24 2025 10:00:00 GMT+0100 (CET)": "2025-11-24T09:00:00Z",
		"Mo, 24 Okt 2025 10:00:00 +0100":          "2025-10-24T09:00:00Z",
		"24 Kas 2025 10:00":                       "2025-11-24T10:00:00Z",
		"24 ноября 2025 10:00:00 MSK":             "2025-11-24T07:00:00Z",
		"2025-11-24T10:00:00Z":                    "2025-11-24T10:00:00Z",
		"2025-11-24T10:00:00.123456+01:00":        "2025-11-24T09:00:00Z",
		"2025-11-24T10:00+01":                     "2025-11-24T09:00:00Z",
		"2025-11-24 10:00:00 +0100":               "2025-11-24T09:00:00Z",
		"2025-11-24 10:00":                        "2025-11-24T10:00:00Z",
		"2025-11-24":                              "2025-11-24T00:00:00Z",
		"2025/11/24 10:00:00":                     "2025-11-24T10:00:00Z",
		"2025-11":                                 "2025-11-01T00:00:00Z",
		"20251124":                                "2025-11-24T00:00:00Z",
		"2025-328":                                "2025-11-24T00:00:00Z",
		"24.11.2025 10:00":                        "2025-11-24T10:00:00Z",
		"11/24/2025 10:00:00 AM":                  "2025-11-24T10:00:00Z",
		"1763978400":                              "2025-11-24T10:00:00Z",
		"1763978400000":                           "2025-11-24T10:00:00Z",
		"  Mon,\n 24 Nov 2025 12:30:00 AM GMT ":   "2025-11-24T00:30:00Z",
	} {
		if got := parseDate(s); got.Format(time.RFC3339) != want && !got.Equal(mustTime(t, want)) {
			t.Errorf("parseDate(%q) = %v, want %v", s, got, want)
		}
	}
}

func mustTime(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.Truncate(time.Second)
}

// TestWhatIsNoDateIsTheZeroTime guards the rule that nothing unparsable becomes now.
func TestWhatIsNoDateIsTheZeroTime(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", " ", "soon", "yesterday", "12", "0000-00-00", "0000-00-00T00:00:00Z", "2025-13-01", "2025-11-32", "9999-12-31",
		"292278994-08-17T07:12:55Z", "99999999999999999999", "-1", "Mon, 99 Foo 2025", "10:00:00", "Mon, 24 Nov 2025 99:00:00 GMT",
		"1850-01-01T00:00:00Z", "T", ":", "::::", "2025-11-24T", "24 Nov",
	} {
		got := parseDate(s)
		if s == "2025-11-24T" { // a day with an empty time is that day
			if got.IsZero() {
				t.Errorf("parseDate(%q) is zero", s)
			}
			continue
		}
		if !got.IsZero() {
			t.Errorf("parseDate(%q) = %v", s, got)
		}
	}
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"Mon, 24 Nov 2025 10:00:00 GMT", "2025-11-24T10:00:00Z", "24.11.2025", "1763978400"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if at := parseDate(s); !at.IsZero() && (at.Year() < minYear || at.Year() > maxYear || at.Location() != time.UTC) {
			t.Errorf("parseDate(%q) = %v", s, at)
		}
	})
}
