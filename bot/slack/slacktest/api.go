package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// method is one method of the Web API.
type method struct {
	scope string // that the token needs; alternatives by kind of channel are joined by |
	app   bool   // wants the app-level token
	args  string // that it takes
	run   func(*Server, url.Values) (map[string]any, *failure)
}

// failure is an answer with ok false.
type failure struct {
	code     string
	messages []string
	needed   string
	after    time.Duration // of a rate limit
}

func fail(code string) *failure { return &failure{code: code} }

var methods map[string]method

func init() {
	post := "channel text blocks attachments thread_ts reply_broadcast metadata unfurl_links unfurl_media parse link_names mrkdwn username icon_emoji icon_url markdown_text as_user"
	methods = map[string]method{
		"auth.test":                    {"", false, "", (*Server).authTest},
		"apps.connections.open":        {"", true, "", (*Server).openLink},
		"chat.postMessage":             {"chat:write", false, post, (*Server).postMessage},
		"chat.update":                  {"chat:write", false, "channel ts text blocks attachments metadata parse link_names reply_broadcast file_ids markdown_text as_user", (*Server).update},
		"chat.delete":                  {"chat:write", false, "channel ts as_user", (*Server).deleteMessage},
		"chat.postEphemeral":           {"chat:write", false, "channel user text blocks attachments thread_ts parse link_names username icon_emoji icon_url markdown_text as_user", (*Server).postEphemeral},
		"conversations.history":        {"channels:history|groups:history|im:history|mpim:history", false, "channel cursor include_all_metadata inclusive latest limit oldest", (*Server).history},
		"conversations.replies":        {"channels:history|groups:history|im:history|mpim:history", false, "channel ts cursor include_all_metadata inclusive latest limit oldest", (*Server).repliesTo},
		"conversations.list":           {"channels:read|groups:read|im:read|mpim:read", false, "cursor exclude_archived limit team_id types", (*Server).listChannels},
		"conversations.info":           {"channels:read|groups:read|im:read|mpim:read", false, "channel include_locale include_num_members", (*Server).channelInfo},
		"conversations.open":           {"im:write|mpim:write", false, "users channel return_im prevent_creation", (*Server).openDirect},
		"users.conversations":          {"channels:read|groups:read|im:read|mpim:read", false, "cursor exclude_archived limit team_id types user", (*Server).listChannels},
		"users.info":                   {"users:read", false, "user include_locale", (*Server).userInfo},
		"usergroups.users.list":        {"usergroups:read", false, "usergroup include_disabled team_id", (*Server).groupUsers},
		"reactions.add":                {"reactions:write", false, "channel timestamp name", (*Server).addReaction},
		"reactions.remove":             {"reactions:write", false, "channel timestamp name file file_comment", (*Server).removeReaction},
		"views.publish":                {"", false, "user_id view hash", (*Server).publishView},
		"views.open":                   {"", false, "trigger_id view interactivity_pointer", (*Server).openView},
		"files.getUploadURLExternal":   {"files:write", false, "filename length alt_txt alt_text snippet_type", (*Server).uploadURL},
		"files.completeUploadExternal": {"files:write", false, "files channel_id channels thread_ts initial_comment blocks", (*Server).completeUpload},
	}
}

// serveAPI answers one call as Slack does: token, scope, arguments, then the method.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	args, token, problem := arguments(r)
	s.mu.Lock()
	fault := s.faultFor(name, args.Get("channel"))
	s.underWay[name]++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.underWay[name]--
	}()
	if fault.before(w, r) {
		return
	}
	s.mu.Lock()
	answer, f := s.call(name, token, args, problem)
	call := Call{Method: name, Args: args, Time: time.Now()}
	if f != nil {
		call.Error = f.code
		answer = map[string]any{"ok": false, "error": f.code}
		if len(f.messages) > 0 {
			answer["response_metadata"] = map[string]any{"messages": f.messages}
		}
		if f.needed != "" {
			answer["needed"], answer["provided"] = f.needed, "chat:write"
		}
	} else {
		answer["ok"] = true
	}
	if s.scopesKnown(token) {
		w.Header().Set("X-OAuth-Scopes", s.scopeList())
	}
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	status := http.StatusOK
	if f != nil && f.code == "ratelimited" {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", fmt.Sprint(int(f.after.Seconds()+0.999)))
	}
	fault.after(w, r, status, body)
}

func (s *Server) scopesKnown(token string) bool { return token == BotToken }

func (s *Server) scopeList() string {
	var list []string
	for scope := range s.scopes {
		list = append(list, scope)
	}
	return strings.Join(list, ",")
}

// arguments reads a form or JSON body, and the token from it or from the header.
func arguments(r *http.Request) (args url.Values, token, problem string) {
	args = url.Values{}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return args, "", "request_timeout"
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method == http.MethodGet:
		args = r.URL.Query()
	case len(body) == 0:
	case err != nil:
		return args, "", "missing_post_type"
	case kind == "application/x-www-form-urlencoded":
		if args, err = url.ParseQuery(string(body)); err != nil {
			return url.Values{}, "", "invalid_form_data"
		}
	case kind == "application/json":
		var fields map[string]json.RawMessage
		if json.Unmarshal(body, &fields) != nil {
			return args, "", "invalid_json"
		}
		for k, raw := range fields {
			var text string
			if json.Unmarshal(raw, &text) != nil {
				text = string(raw)
			}
			args.Set(k, text)
		}
	default:
		return args, "", "invalid_post_type"
	}
	token = args.Get("token")
	args.Del("token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	return args, token, ""
}

// call runs a method. s.mu is held.
func (s *Server) call(name, token string, args url.Values, problem string) (map[string]any, *failure) {
	m, known := methods[name]
	if !known {
		s.refuse("unknown method %s", name)
		return nil, fail("unknown_method")
	}
	if problem != "" {
		s.refuse("%s: %s", name, problem)
		return nil, fail(problem)
	}
	if f := s.authorize(m, token); f != nil {
		return nil, f
	}
	allowed := strings.Fields(m.args)
	for arg, values := range args {
		if !contains(allowed, arg) {
			s.refuse("%s: unknown argument %q", name, arg)
		}
		if len(values) != 1 {
			s.refuse("%s: argument %q is given %d times", name, arg, len(values))
		}
	}
	answer, f := m.run(s, args)
	if f != nil && (strings.HasPrefix(f.code, "invalid_") || f.code == "msg_too_long" || f.code == "msg_blocks_too_long" || f.code == "no_text") {
		s.refuse("%s: %s %s", name, f.code, strings.Join(f.messages, "; "))
	}
	if answer == nil {
		answer = map[string]any{}
	}
	return answer, f
}

func (s *Server) authorize(m method, token string) *failure {
	switch {
	case token == "":
		return fail("not_authed")
	case s.bad[token] != "":
		return fail(s.bad[token])
	case token != BotToken && token != AppToken:
		return fail("invalid_auth")
	case m.app != (token == AppToken):
		return fail("not_allowed_token_type")
	case m.scope == "":
		return nil
	}
	scopes := strings.Split(m.scope, "|")
	if len(scopes) == 1 {
		return s.needs(m.scope)
	}
	for _, scope := range scopes { // which of them is needed depends on the channel
		if s.scopes[scope] {
			return nil
		}
	}
	return &failure{code: "missing_scope", needed: scopes[0]}
}

// scoped checks the scope for the kind of channel. s.mu is held.
func (s *Server) scoped(c *Channel, suffix string) *failure {
	scope := "channels:" + suffix
	switch {
	case c.Direct != "":
		scope = "im:" + suffix
	case c.Private:
		scope = "groups:" + suffix
	}
	return s.needs(scope)
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func (s *Server) authTest(url.Values) (map[string]any, *failure) {
	return map[string]any{"url": "https://newsroom.slack.com/", "team": TeamName, "user": "tocsin", "team_id": Team, "user_id": BotUser, "bot_id": BotID}, nil
}
