package matrix_test

import (
	"context"
	"fmt"

	"github.com/tocsin-bot/tocsin/bot/matrix"
)

// A config is checked as a whole before anything is opened or asked.
func ExampleOpen() {
	_, err := matrix.Open(context.Background(), matrix.Config{
		Homeserver: "matrix.example.org", User: "tocsin", Prefix: "!news desk",
	}, matrix.Options{})
	fmt.Println(err)
	// Output:
	// matrix.homeserver: "matrix.example.org" is no http(s) address
	// matrix.user: "tocsin" is no full user id: write @name:server
	// matrix.prefix: "!news desk" is no prefix: write one short word, such as !tocsin
}
