package bot

import "strings"

// Room is where messages go: a Slack channel, a Matrix room, a terminal. It is written
// "platform:address" as in `notify`: "slack:#libya-desk", "matrix:!desk:example.org"; a platform
// with one room only is written by its name alone: "console".
type Room string

// MakeRoom joins a platform's name and an address of that platform.
func MakeRoom(platform, address string) Room {
	if address == "" {
		return Room(platform)
	}
	return Room(platform + ":" + address)
}

// Parse gives the two parts that MakeRoom joined.
func (r Room) Parse() (platform, address string) {
	platform, address, _ = strings.Cut(string(r), ":")
	return platform, address
}

// Platform is the name of the platform that r belongs to, such as "slack".
func (r Room) Platform() string {
	p, _ := r.Parse()
	return p
}
