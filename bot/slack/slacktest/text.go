package slacktest

import (
	"regexp"
	"strings"
)

// Shown is what people see of a message.
type Shown struct {
	Text     string   // all visible words
	Mentions []string // user and group ids, @here, @channel, @everyone: everybody whom it notifies
	Links    []string // every address that a click leads to
	Buttons  []Button
}

// Button is a button or menu entry that people can press.
type Button struct {
	Label, ActionID, Value string
	Option                 string // the value of a menu's entry
	Block                  string
}

func (s *Shown) add(other Shown) {
	if s.Text != "" && other.Text != "" {
		s.Text += "\n"
	}
	s.Text += other.Text
	s.Mentions = append(s.Mentions, other.Mentions...)
	s.Links = append(s.Links, other.Links...)
	s.Buttons = append(s.Buttons, other.Buttons...)
}

// parsing says what Slack finds by itself in a text, besides what stands in angle brackets.
type parsing struct {
	names bool // @here, @channel, @everyone and #channels
	urls  bool // bare addresses
}

var (
	angle    = regexp.MustCompile(`<([^<>]*)>`)
	bareName = regexp.MustCompile(`(?i)(^|[^\pL\pN_])@(here|channel|everyone|group)\b`)
	bareURL  = regexp.MustCompile(`(?i)\b(?:https?://|mailto:)[^\s<>|]+`)
)

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// parseText reads a text in Slack's markup.
func parseText(s string, p parsing) (shown Shown) {
	var b strings.Builder
	at := 0
	plain := func(part string) {
		if p.names {
			for _, m := range bareName.FindAllStringSubmatch(part, -1) {
				shown.Mentions = append(shown.Mentions, "@"+strings.ToLower(m[2]))
			}
		}
		if p.urls {
			shown.Links = append(shown.Links, bareURL.FindAllString(entities.Replace(part), -1)...)
		}
		b.WriteString(entities.Replace(part))
	}
	for _, m := range angle.FindAllStringSubmatchIndex(s, -1) {
		plain(s[at:m[0]])
		at = m[1]
		target, label, labelled := strings.Cut(s[m[2]:m[3]], "|")
		target, label = entities.Replace(target), entities.Replace(label)
		switch {
		case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "!subteam^"):
			who := strings.TrimPrefix(strings.TrimPrefix(target, "@"), "!subteam^")
			shown.Mentions = append(shown.Mentions, who)
			b.WriteString("@" + who)
		case target == "!here" || target == "!channel" || target == "!everyone" || target == "!group":
			shown.Mentions = append(shown.Mentions, "@"+target[1:])
			b.WriteString("@" + target[1:])
		case strings.HasPrefix(target, "!date^"):
			parts := strings.Split(target, "^")
			if len(parts) > 3 {
				shown.Links = append(shown.Links, parts[3])
			}
			b.WriteString(label)
		case strings.HasPrefix(target, "!"):
			b.WriteString(label)
		case strings.HasPrefix(target, "#"):
			b.WriteString(target)
		default:
			shown.Links = append(shown.Links, target)
			if !labelled {
				label = target
			}
			b.WriteString(label)
		}
	}
	plain(s[at:])
	shown.Text = b.String()
	return shown
}
