package strict_test

import (
	"fmt"
	"time"

	"github.com/tocsin-bot/tocsin/config/strict"
)

func Example() {
	var config struct {
		Rules []string      `yaml:"rules"`
		Keep  time.Duration `yaml:"keep"`
	}
	problems := strict.Decode("tocsin.yaml", []byte("rule: [rules/]\nkeep: 30\n"), &config)
	fmt.Println(problems)
	// Output:
	// tocsin.yaml:1:1: unknown key "rule" (did you mean rules?)
	// tocsin.yaml:2:7: the duration "30" has no unit (write 30m for minutes, 30s for seconds, 30h for hours, 30d for days)
}
