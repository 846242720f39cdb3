package slack_test

import (
	"encoding/json"
	"fmt"

	"github.com/tocsin-bot/tocsin/bot/slack"
)

func ExampleManifest() {
	text, err := slack.Manifest(slack.ManifestOptions{Name: "News desk", Command: "/news"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var manifest struct {
		Features struct {
			Commands []struct{ Command string } `json:"slash_commands"`
		}
		Settings struct {
			Socket bool `json:"socket_mode_enabled"`
		}
	}
	if err := json.Unmarshal([]byte(text), &manifest); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(manifest.Features.Commands[0].Command, manifest.Settings.Socket)
	// Output: /news true
}
