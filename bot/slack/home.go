package slack

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/tocsin-bot/tocsin/bot"
)

// homePrefix begins the address of a person's Home tab, which is a room of its own: it holds one
// page, and posting to it replaces the page.
const homePrefix = "home:"

func homeRoom(user string) bot.Room { return bot.MakeRoom(Name, homePrefix+user) }

func homeOf(address string) (user string, ok bool) {
	user, ok = strings.CutPrefix(address, homePrefix)
	return user, ok && userID.MatchString(user)
}

// publishHome shows a message as the page of a person's Home tab, below the search box.
func (p *Platform) publishHome(ctx context.Context, user string, m bot.Message) (string, error) {
	if len(m.Buttons) == 0 {
		m.Buttons = []bot.Button{{Label: "Overview", Command: "home"}, {Label: "Status", Command: "status"},
			{Label: "Watches", Command: "watches"}, {Label: "Help", Command: "help"}}
	}
	page := render(m, surface{maxHomeBlocks - 1, inHome.size})
	blocks := append([]object{{"type": "input", "block_id": actionSearch, "dispatch_action": true,
		"label": plainText("Search everything that was fetched"),
		"element": object{"type": "plain_text_input", "action_id": actionSearch, "max_length": 500,
			"placeholder":            plainText(`"arms deal" libya -cricket`),
			"dispatch_action_config": object{"trigger_actions_on": []string{"on_enter_pressed"}}},
	}}, page.blocks...)
	err := p.web.call(ctx, "views.publish", "", url.Values{"user_id": {user}, "view": {encode(object{"type": "home", "blocks": blocks})}}, nil)
	if err != nil {
		return "", err
	}
	return "home", nil
}

// shortcutSearch is the global shortcut that asks for words to search; messageShortcuts are the
// entries in a message's menu and their commands.
const shortcutSearch = "search"

var messageShortcuts = map[string]string{"why": "why", "sources": "sources"}

// view is a modal that comes back.
type view struct {
	ID       string `json:"id"`
	Callback string `json:"callback_id"`
	Private  string `json:"private_metadata"`
	State    struct {
		Values map[string]map[string]struct {
			Value    string `json:"value"`
			Selected struct {
				Value string `json:"value"`
			} `json:"selected_option"`
		} `json:"values"`
	} `json:"state"`
}

func searchModal() object {
	return object{"type": "modal", "callback_id": shortcutSearch, "title": plainText("Search the news"), "submit": plainText("Search"),
		"close": plainText("Cancel"), "blocks": []object{{"type": "input", "block_id": actionSearch, "label": plainText("Words"),
			"hint":    plainText(`A phrase in quotes, a word to leave out with -, the beginning of a word with *.`),
			"element": object{"type": "plain_text_input", "action_id": actionSearch, "max_length": 500}}}}
}

// openModal shows a modal to who may ask. Its trigger lives for three seconds, so that there is no
// second try.
func (p *Platform) openModal(ctx context.Context, trigger string, modal object, in bot.Incoming) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if p.Role(ctx, in) == bot.Stranger {
		p.Log.Info("stranger not answered", "user", in.User)
		return
	}
	if err := p.web.call(ctx, "views.open", "", url.Values{"trigger_id": {trigger}, "view": {encode(modal)}}, nil); err != nil {
		p.Log.Warn("modal not opened", "err", err)
	}
}

// hearSubmission reads a modal that was sent. The answer goes to the person alone.
func (p *Platform) hearSubmission(a *actionPayload) (*heard, error) {
	if a.View == nil || a.View.ID == "" {
		return nil, fmt.Errorf("a submission without its view")
	}
	switch a.View.Callback {
	case callbackForm:
		return p.hearForm(a)
	case shortcutSearch:
	default:
		return nil, nil
	}
	words := a.View.State.Values[actionSearch][actionSearch].Value
	return &heard{in: bot.Incoming{Key: "slack|view|" + a.View.ID, Room: bot.MakeRoom(Name, a.User.ID), User: a.User.ID, Name: a.User.Name,
		Text: "search " + strings.TrimSpace(words), Kind: bot.ByDirect, Time: p.Now().UTC()}}, nil
}

// attachTable puts a table that was cut under its message as a file. The message stands without
// it: a file that fails is not tried again, since nobody could tell whether it is there.
func (p *Platform) attachTable(ctx context.Context, channel, thread, message string, table *bot.Block) {
	if thread == "" {
		thread = message
	}
	if err := p.upload(ctx, channel, thread, "table.csv", "The whole table", tableFile(table)); err != nil {
		p.Log.Warn("table not attached", "channel", channel, "message", message, "err", err)
	}
}
