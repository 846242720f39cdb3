package slack

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/bot"
)

// Limits of a modal, in characters.
const (
	maxViewTitle = 24
	maxPrivate   = 3000
	maxFormError = 150 // Slack publishes none; longer ones push the form away
	callbackForm = "form"
)

// formPlace is what a form brings back when it is sent: the command whose form it is, and where it
// was opened.
type formPlace struct {
	Command string   `json:"command"`
	Room    bot.Room `json:"room"`
	Channel string   `json:"channel"`
	Thread  string   `json:"thread,omitempty"`
}

// formModal makes a modal of the form of a command. The block and the action of a field have its name.
// It is nil when the command has no form.
func formModal(place formPlace) (object, *bot.Form) {
	form := bot.FormFor(place.Command)
	if form == nil {
		return nil, nil
	}
	private := encode(place)
	if utf8.RuneCountInString(private) > maxPrivate {
		return nil, nil
	}
	var blocks []object
	for _, f := range form.Fields {
		block := object{"type": "input", "block_id": f.Name, "label": plainText(f.Label), "element": fieldElement(&f), "optional": len(f.Choices) == 0}
		if f.Hint != "" {
			block["hint"] = plainText(f.Hint)
		}
		blocks = append(blocks, block)
	}
	return object{"type": "modal", "callback_id": callbackForm, "title": plainText(cutText(form.Title, maxViewTitle)),
		"submit": plainText(cutText(form.Submit, maxViewTitle)), "close": plainText("Cancel"), "private_metadata": private, "blocks": blocks}, form
}

func fieldElement(f *bot.Field) object {
	if len(f.Choices) == 0 {
		return object{"type": "plain_text_input", "action_id": f.Name, "max_length": f.Most}
	}
	options := menuOptions(f.Choices)
	first := options[0]
	for _, o := range options {
		if o["value"] == f.Default {
			first = o
		}
	}
	return object{"type": "static_select", "action_id": f.Name, "options": options, "initial_option": first}
}

// hearForm reads a form that was sent. What it means is said as the command that anybody could type;
// whether this person may is asked before the form is closed, and again when the command runs.
func (p *Platform) hearForm(a *actionPayload) (*heard, error) {
	var place formPlace
	if err := json.Unmarshal([]byte(a.View.Private), &place); err != nil || place.Room.Platform() != Name || !channelID.MatchString(place.Channel) {
		return nil, fmt.Errorf("a form that came from nowhere")
	}
	form := bot.FormFor(place.Command)
	if form == nil {
		return nil, fmt.Errorf("a form of the command %q, which has none", cutText(place.Command, 40))
	}
	answers := map[string]string{}
	for block, actions := range a.View.State.Values {
		for _, given := range actions {
			answers[block] = strings.TrimSpace(firstOf(given.Value, given.Selected.Value))
		}
	}
	text, ok := form.Text(answers)
	if !ok {
		return nil, fmt.Errorf("a form with an answer that it does not offer")
	}
	return &heard{form: form, question: question{channel: place.Channel}, in: bot.Incoming{Key: "slack|view|" + a.View.ID, Room: place.Room,
		User: a.User.ID, Name: a.User.Name, Text: text, Thread: place.Thread, Kind: bot.ByForm, Private: true, Time: p.Now().UTC()}}, nil
}

// refusal keeps a form open and shows under its first field what is wrong, in plain text.
func refusal(form *bot.Form, err *bot.UserError) object {
	return object{"response_action": "errors", "errors": map[string]string{form.Fields[0].Name: cutText(strings.ReplaceAll(clean(err.Error(), false), "`", ""), maxFormError)}}
}
