package config_test

import (
	"fmt"

	"github.com/tocsin-bot/tocsin/config"
)

// Parse reports every problem at once, each with its place and a hint.
func ExampleParse() {
	_, problems := config.Parse("tocsin.yaml", []byte("databse: x.db\nlog: {format: xml}\n"), nil)
	fmt.Println(problems)
	// Output:
	// tocsin.yaml:1:1: unknown key "databse" (did you mean database?)
	// tocsin.yaml:2:15: "xml" is not known here (write text, json)
}
