package bot

import (
	"context"
	"fmt"
	"strings"
)

// shareButton offers to everybody in the room what only one person sees: the same command, said in
// public. A story that the thread implied is named, since the button stands elsewhere.
func (d *Desk) shareButton(ctx context.Context, in Incoming) (Button, bool) {
	cmd, args, _, err := parseCommand(d.Commands, in.Text)
	if err != nil {
		return Button{}, false
	}
	if in.Thread != "" && args == "" && strings.Contains(cmd.Usage, "[STORY]") {
		story, err := d.Archive.StoryAt(ctx, in.Room, in.Thread)
		if err != nil {
			return Button{}, false
		}
		if story != 0 {
			args = fmt.Sprint(story)
		}
	}
	return Button{Label: "Post to channel", Command: strings.Join(strings.Fields(cmd.Name+" "+args+" --share"), " ")}, true
}
