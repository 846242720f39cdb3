package text_test

import (
	"fmt"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

func ExampleLanguage() {
	fmt.Println(text.Language("Merkez Bankası faiz kararını açıkladı", "en"))
	fmt.Println(text.Language("Le ministre en visite à Benghazi", "fr-CA"))
	fmt.Println(text.Language("Benghazi, Tripoli", "ar"))
	// Output:
	// tr
	// fr-CA
	// ar
}
