package slack

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// Finding is one thing that the doctor looked at.
type Finding = bot.Finding

// Doctor looks at tokens, scopes and the given rooms, and says what to do about what is wrong. It
// posts nothing.
func (p *Platform) Doctor(ctx context.Context, rooms []bot.Room) []Finding {
	var all []Finding
	add := func(f Finding) { all = append(all, f) }
	who, err := p.self.get(ctx)
	switch {
	case err != nil && codeOf(err) == "":
		return append(all, Finding{What: fmt.Sprintf("Slack does not answer: %v", err), Hint: "Check the network, the proxy and slack.api_url."})
	case err != nil:
		return append(all, Finding{What: fmt.Sprintf("Slack refuses the bot token: %v", err), Hint: firstOf(sendError(err).Hint, "Put the right token in place.")})
	}
	add(Finding{OK: true, What: fmt.Sprintf("the bot token belongs to @%s in %s", who.Name, who.TeamName)})
	add(p.checkScopes())
	if p.config.Listen == "" {
		add(p.checkLink(ctx))
	}
	for _, r := range rooms {
		if r.Platform() == Name {
			add(p.checkRoom(ctx, r))
		}
	}
	return all
}

// checkScopes compares the scopes of the token with those that the manifest asks for.
func (p *Platform) checkScopes() Finding {
	given := p.web.tokenScopes()
	if given == nil {
		return Finding{OK: true, What: "Slack did not tell the scopes of the token"}
	}
	var missing []string
	for _, s := range botScopes {
		if !slices.Contains(given, s.name) {
			missing = append(missing, s.name+" ("+s.why+")")
		}
	}
	if len(missing) == 0 {
		return Finding{OK: true, What: "the bot token has every scope that is needed"}
	}
	return Finding{What: "the bot token lacks " + strings.Join(missing, ", "),
		Hint: "Add them on the page OAuth & Permissions, or paste the output of `tocsin slack manifest` on the page App Manifest, and reinstall the app."}
}

// checkLink asks for an address of Socket Mode, which proves the app token, and does not use it.
func (p *Platform) checkLink(ctx context.Context) Finding {
	app := &web{url: p.config.APIURL, token: p.config.AppToken.Reveal(), client: p.http, now: p.Now, held: map[string]time.Time{}}
	err := app.call(ctx, "apps.connections.open", "", nil, nil)
	if err == nil {
		return Finding{OK: true, What: "the app token opens Socket Mode"}
	}
	return Finding{What: fmt.Sprintf("the app token does not open Socket Mode: %v", err), Hint: linkHint(linkError(codeOf(err)))}
}

type linkError string

func (e linkError) Error() string { return string(e) }

func (p *Platform) checkRoom(ctx context.Context, room bot.Room) Finding {
	_, address := room.Parse()
	bad := func(format string, args ...any) Finding {
		return Finding{What: fmt.Sprintf("%s: ", room) + fmt.Sprintf(format, args...)}
	}
	id, err := p.rooms.channel(ctx, address)
	if err == nil {
		id, err = p.rooms.direct(ctx, id)
	}
	if err != nil {
		f := bad("%v", err)
		f.Hint = sendError(err).Hint
		return f
	}
	var answer struct {
		Channel struct {
			Name     string `json:"name"`
			Archived bool   `json:"is_archived"`
			Member   bool   `json:"is_member"`
			Direct   bool   `json:"is_im"`
			ReadOnly bool   `json:"is_read_only"`
		} `json:"channel"`
	}
	if !strings.HasPrefix(id, "D") {
		err = p.web.call(ctx, "conversations.info", "", url.Values{"channel": {id}}, &answer)
	}
	c := answer.Channel
	code := ""
	switch {
	case err != nil:
		f := bad("%v", err)
		f.Hint = sendError(err).Hint
		return f
	case strings.HasPrefix(id, "D"):
		return Finding{OK: true, What: fmt.Sprintf("%s: a direct message", room)}
	case c.Archived:
		code = "is_archived"
	case !c.Member:
		code = "not_in_channel"
	case c.ReadOnly:
		code = "restricted_action_read_only_channel"
	default:
		return Finding{OK: true, What: fmt.Sprintf("%s: I am in the channel", room)}
	}
	f := bad("%s", strings.ReplaceAll(code, "_", " "))
	f.Hint = fates[code].hint
	return f
}
