package slack

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Limits of Block Kit that messages of ours can meet, in runes where they count characters. Slack
// does not say what a character is; runes with a margin stay below every reading of it.
const (
	maxBlocks       = 50
	maxHomeBlocks   = 100
	maxBlocksSize   = 12_000 // serialized; msg_blocks_too_long was seen at 13,200, which no page tells
	maxHomeSize     = 60_000
	maxTitle        = 300
	maxParagraph    = 2800
	maxHeading      = 150
	maxItem         = 600
	maxItems        = 60
	maxNote         = 1900 // after escaping; the object takes 3000
	maxButtons      = 25
	maxButtonLabel  = 72
	maxButtonValue  = 1900
	maxActionID     = 240
	maxOptions      = 100
	maxOptionText   = 72
	maxOptionValue  = 72
	maxPlaceholder  = 140
	maxTableRows    = 100
	maxTableColumns = 20
	maxTableChars   = 9000 // of all cells; 10,000 are allowed
	maxFallback     = 2800 // after escaping; chat.update takes 4,000
)

// object is one part of Block Kit. It implements slack-go's Block as well, so that views and
// messages can hold it.
type object map[string]any

// richText is a block of literal text: sections, lists, quotes and code.
func richText(elements []object) object {
	return object{"type": "rich_text", "elements": elements}
}

func section(elements []object) object {
	return object{"type": "rich_text_section", "elements": elements}
}

func bullets(items []object) object {
	return object{"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": items}
}

func textElement(s string, style object) object {
	e := object{"type": "text", "text": s}
	if len(style) > 0 {
		e["style"] = style
	}
	return e
}

func plainText(s string) object { return object{"type": "plain_text", "text": s, "emoji": false} }

// contextBlock is small print in mrkdwn that is not parsed for names and addresses.
func contextBlock(mrkdwn string) object {
	return object{"type": "context", "elements": []object{{"type": "mrkdwn", "text": mrkdwn, "verbatim": true}}}
}

// size is how much a block takes in a message, in characters of JSON.
func size(blocks ...object) int {
	n := 0
	for _, b := range blocks {
		data, err := json.Marshal(b)
		if err != nil {
			panic(fmt.Sprintf("slack: a block that is no JSON: %v", err)) // strings, maps and numbers only
		}
		n += utf8.RuneCount(data) + 1
	}
	return n
}
