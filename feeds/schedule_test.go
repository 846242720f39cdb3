package feeds

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests, wherever they run
)

var changingZones = []string{
	"America/New_York", "America/Santiago", "America/St_Johns", "Europe/London", "Europe/Berlin", "Asia/Beirut",
	"Africa/Cairo", "Africa/Casablanca", "Asia/Tehran", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Gaza",
}

func TestADailyScheduleIsDueOnceEachLocalDay(t *testing.T) {
	t.Parallel()
	for _, zone := range changingZones {
		for _, spec := range []string{"0 0 * * *", "30 0 * * *", "30 1 * * *", "0 2 * * *", "30 2 * * *", "15 3 * * *", "59 23 * * *"} {
			s, err := ParseSchedule(spec, zone)
			if err != nil {
				t.Fatal(err)
			}
			loc, _ := time.LoadLocation(zone)
			days := map[string]int{}
			at := time.Date(2019, 12, 31, 23, 59, 59, 0, loc)
			end := time.Date(2022, 1, 1, 0, 0, 0, 0, loc)
			for at = s.Next(at); at.Before(end); at = s.Next(at) {
				days[at.In(loc).Format(time.DateOnly)]++
			}
			for d := time.Date(2020, 1, 1, 12, 0, 0, 0, loc); d.Before(end); d = d.AddDate(0, 0, 1) {
				if day := d.Format(time.DateOnly); days[day] != 1 {
					t.Errorf("%s in %s: due %d times on %s", spec, zone, days[day], day)
				}
			}
		}
	}
}

func TestAScheduleOfEveryHourNeverPausesWhenClocksChange(t *testing.T) {
	t.Parallel()
	for _, zone := range changingZones {
		s, err := ParseSchedule("*/30 * * * *", zone)
		if err != nil {
			t.Fatal(err)
		}
		at := s.Next(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
		for at.Year() < 2021 {
			next := s.Next(at)
			if gap := next.Sub(at); gap != 30*time.Minute {
				t.Fatalf("%s: %v between %v and %v", zone, gap, at, next)
			}
			at = next
		}
	}
}

func TestSchedulesThatAreRefusedSayWhatToWrite(t *testing.T) {
	t.Parallel()
	cases := []struct{ spec, zone, want string }{
		{"", "", "want five fields"},
		{"TZ=UTC", "", "time zone of the feed"},
		{"CRON_TZ=../../etc/passwd * * * * *", "", "time zone of the feed"},
		{"TZ=UTC 0 5 * * *", "", "time zone of the feed"},
		{"* * * * * *", "", "want five fields"},
		{"0 */5 * * * *", "", "6 fields, and cron has 5: minute, hour,"},
		{"every 5 minutes", "", "3 fields, and cron has 5"},
		{"61 * * * *", "", "want five fields"},
		{"*/0 * * * *", "", "want five fields"},
		{"* * 31 2 *", "", "never comes"},
		{"@every 0s", "", "at least a second"},
		{"@every -5m", "", "at least a second"},
		{"@every 5", "", "at least a second"},
		{"@reboot", "", "want five fields"},
		{"@fortnightly", "", "want five fields"},
		{strings.Repeat("1,", 5000) + " * * * *", "", "too long"},
		{"0 5 * * *", "Mars/X", "not known"},
		{"0 5 * * *", "Local", "not known"},
		{"0 5 * * *", "../../etc/passwd", "not known"},
	}
	for _, c := range cases {
		s, err := ParseSchedule(c.spec, c.zone)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseSchedule(%.40q, %q) = %v, %v; want an error with %q", c.spec, c.zone, s, err, c.want)
		}
	}
}

func TestIntervalIsTheShortestTimeBetweenTwoPolls(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]time.Duration{
		"@every 90s": 90 * time.Second, "*/5 * * * *": 5 * time.Minute, "@hourly": time.Hour,
		"0 7,8,20 * * *": time.Hour, "0 7 * * *": 24 * time.Hour, "0 7 * * 1": 7 * 24 * time.Hour, "@monthly": 29 * 24 * time.Hour,
	} {
		s, err := ParseSchedule(spec, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Interval(); got != want {
			t.Errorf("Interval of %q is %v, want %v", spec, got, want)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"TZ=UTC", "*/5 * * * *", "@every 1h", "0 0 29 2 *", "1-5/2 * L W ?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		s, err := ParseSchedule(spec, "Africa/Cairo")
		if err != nil {
			return
		}
		from := time.Date(2026, 4, 23, 22, 0, 0, 0, time.UTC)
		if next := s.Next(from); !next.After(from) {
			t.Errorf("%q: next after %v is %v", spec, from, next)
		}
	})
}
