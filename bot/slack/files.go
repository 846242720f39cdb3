package slack

import (
	"bytes"
	"context"
	"fmt"

	slackgo "github.com/slack-go/slack"
)

// upload shares a file under a message, in the three steps that Slack has: ask for an address, send
// the bytes, say where it belongs.
func (p *Platform) upload(ctx context.Context, channel, thread, name, title string, data []byte) error {
	channel, err := p.rooms.direct(ctx, channel)
	if err != nil {
		return err
	}
	_, err = p.api.UploadFileContext(ctx, slackgo.UploadFileParameters{
		Channel: channel, ThreadTimestamp: thread, Filename: name, Title: title,
		FileSize: len(data), Reader: bytes.NewReader(data),
	})
	if err != nil {
		return fmt.Errorf("upload %s: %w", name, err)
	}
	return nil
}
