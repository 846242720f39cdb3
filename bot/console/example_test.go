package console_test

import (
	"fmt"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
)

// Render shows a message as lines of text.
func ExampleRender() {
	m := bot.Message{Title: "The port of Derna reopens", Priority: "high", Blocks: []bot.Block{
		bot.Para(bot.Text("Ships with grain were the first to berth.")),
	}}
	fmt.Print(console.Render(m, console.Style{Width: 60, Zone: time.UTC}))
	// Output:
	// ━━ HIGH ━ The port of Derna reopens
	//    Ships with grain were the first to berth.
}
