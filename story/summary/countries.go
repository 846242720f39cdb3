package summary

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// notCountries are regions of the CLDR that are none: unions, islands without people.
var notCountries = map[string]bool{"UN": true, "EU": true, "EZ": true, "QO": true, "AC": true, "CP": true, "CQ": true, "DG": true, "EA": true, "IC": true, "TA": true}

// addCountries adds the names of all countries, as the Unicode CLDR has them in a language, under
// their ISO 3166 codes.
func (f *factList) addCountries(tag string) {
	t, err := language.Parse(tag)
	if err != nil {
		return
	}
	names := display.Regions(t)
	if names == nil {
		return
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !r.IsCountry() || notCountries[r.String()] || r.String() != string([]rune{a, b}) {
				continue
			}
			if name := names.Name(r); name != "" {
				f.places.add(run(name), r.String())
			}
		}
	}
}
