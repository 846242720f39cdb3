package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) listChannels(args url.Values) (map[string]any, *failure) {
	types := strings.Split(args.Get("types"), ",")
	for _, kind := range types {
		scope := map[string]string{"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read"}[kind]
		if scope == "" {
			return nil, fail("invalid_types")
		}
		if f := s.needs(scope); f != nil {
			return nil, f
		}
	}
	limit, err := strconv.Atoi(args.Get("limit"))
	if err != nil {
		limit = 100
	}
	if limit < 1 || limit > 999 {
		return nil, fail("invalid_limit")
	}
	var ids []string
	for id, c := range s.channels {
		kind := "public_channel"
		if c.Private {
			kind = "private_channel"
		}
		if c.Direct != "" {
			kind = "im"
		}
		if contains(types, kind) && !(c.Private && c.Absent) && !(args.Get("exclude_archived") == "true" && c.Archived) &&
			!c.notMember[args.Get("user")] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	start, _ := strconv.Atoi(strings.TrimPrefix(args.Get("cursor"), "page"))
	start = min(start, len(ids))
	end := min(start+limit, len(ids))
	list := make([]any, 0, end-start)
	for _, id := range ids[start:end] {
		list = append(list, s.wireChannel(s.channels[id]))
	}
	cursor := ""
	if end < len(ids) {
		cursor = "page" + strconv.Itoa(end)
	}
	return map[string]any{"channels": list, "response_metadata": map[string]any{"next_cursor": cursor}}, nil
}

func (s *Server) wireChannel(c *Channel) map[string]any {
	return map[string]any{"id": c.ID, "name": c.Name, "is_archived": c.Archived, "is_private": c.Private, "is_member": !c.Absent,
		"is_channel": !c.Private, "is_im": c.Direct != "", "is_read_only": c.ReadOnly}
}

func (s *Server) channelInfo(args url.Values) (map[string]any, *failure) {
	c := s.channels[args.Get("channel")]
	if c == nil || c.Private && c.Absent {
		return nil, fail("channel_not_found")
	}
	if f := s.scoped(c, "read"); f != nil {
		return nil, f
	}
	return map[string]any{"channel": s.wireChannel(c)}, nil
}

func (s *Server) openDirect(args url.Values) (map[string]any, *failure) {
	if f := s.needs("im:write"); f != nil {
		return nil, f
	}
	if s.users[args.Get("users")] == nil {
		return nil, fail("user_not_found")
	}
	return map[string]any{"channel": map[string]any{"id": s.direct(args.Get("users")).ID}}, nil
}

func (s *Server) userInfo(args url.Values) (map[string]any, *failure) {
	u := s.users[args.Get("user")]
	if u == nil {
		return nil, fail("user_not_found")
	}
	return map[string]any{"user": map[string]any{"id": u.ID, "team_id": u.Team, "name": u.Name, "deleted": u.Deleted, "is_bot": u.Bot,
		"is_restricted": u.Guest, "is_ultra_restricted": false, "is_stranger": u.Team != Team,
		"enterprise_user": map[string]any{"enterprise_id": u.Enterprise}}}, nil
}

func (s *Server) groupUsers(args url.Values) (map[string]any, *failure) {
	users, ok := s.groups[args.Get("usergroup")]
	if !ok {
		return nil, fail("no_such_subteam")
	}
	return map[string]any{"users": users}, nil
}

func (s *Server) addReaction(args url.Values) (map[string]any, *failure) {
	c, f := s.target(args.Get("channel"))
	if f != nil {
		return nil, f
	}
	if m := c.message(args.Get("timestamp")); m == nil || m.Deleted {
		return nil, fail("message_not_found")
	}
	key := c.ID + " " + args.Get("timestamp")
	if slices.Contains(s.reactions[key], args.Get("name")) {
		return nil, fail("already_reacted")
	}
	s.reactions[key] = append(s.reactions[key], args.Get("name"))
	return nil, nil
}

func (s *Server) removeReaction(args url.Values) (map[string]any, *failure) {
	key := args.Get("channel") + " " + args.Get("timestamp")
	i := slices.Index(s.reactions[key], args.Get("name"))
	if i < 0 {
		return nil, fail("no_reaction")
	}
	s.reactions[key] = slices.Delete(s.reactions[key], i, i+1)
	return nil, nil
}

func (s *Server) publishView(args url.Values) (map[string]any, *failure) {
	if s.users[args.Get("user_id")] == nil {
		return nil, fail("user_not_found")
	}
	if problems := checkView(args.Get("view"), "home"); len(problems) > 0 {
		return nil, &failure{code: "invalid_arguments", messages: problems}
	}
	s.homes[args.Get("user_id")] = json.RawMessage(args.Get("view"))
	return map[string]any{"view": map[string]any{"id": s.id("V")}}, nil
}

func (s *Server) openView(args url.Values) (map[string]any, *failure) {
	made, ok := s.triggers[args.Get("trigger_id")]
	switch {
	case !ok:
		return nil, fail("invalid_trigger_id")
	case time.Since(made) > 3*time.Second:
		return nil, fail("expired_trigger_id")
	}
	delete(s.triggers, args.Get("trigger_id"))
	if problems := checkView(args.Get("view"), "modal"); len(problems) > 0 {
		return nil, &failure{code: "invalid_arguments", messages: problems}
	}
	id := s.id("V")
	s.views, s.viewIDs = append(s.views, json.RawMessage(args.Get("view"))), append(s.viewIDs, id)
	return map[string]any{"view": map[string]any{"id": id}}, nil
}

func (s *Server) uploadURL(args url.Values) (map[string]any, *failure) {
	size, err := strconv.Atoi(args.Get("length"))
	if err != nil || size < 1 || args.Get("filename") == "" {
		return nil, fail("invalid_arguments")
	}
	f := &File{ID: s.id("F"), Name: args.Get("filename"), size: size}
	s.pending[f.ID] = f
	return map[string]any{"upload_url": s.http.URL + "/upload/" + f.ID, "file_id": f.ID}, nil
}

func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	data, err := uploaded(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.pending[r.PathValue("id")]
	if f == nil || err != nil || len(data) != f.size {
		http.Error(w, "bad upload", http.StatusBadRequest)
		return
	}
	f.Data = data
	fmt.Fprintf(w, "OK - %d", len(data))
}

// uploaded reads the raw body, or the only file of a multipart one.
func uploaded(r *http.Request) ([]byte, error) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		parts, err := r.MultipartReader()
		if err != nil {
			return nil, err
		}
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		return io.ReadAll(part)
	}
	return io.ReadAll(r.Body)
}

func (s *Server) completeUpload(args url.Values) (map[string]any, *failure) {
	var list []struct{ ID, Title string }
	if json.Unmarshal([]byte(args.Get("files")), &list) != nil || len(list) == 0 {
		return nil, fail("invalid_arguments")
	}
	for _, l := range list {
		f := s.pending[l.ID]
		if f == nil || f.Data == nil {
			return nil, fail("file_not_found")
		}
		delete(s.pending, l.ID)
		f.Title, f.Channel, f.Thread = l.Title, args.Get("channel_id"), args.Get("thread_ts")
		s.files = append(s.files, *f)
	}
	return map[string]any{"files": list}, nil
}

// response is a response_url.
type response struct {
	channel, user string
	made          time.Time
	uses          int
}

// respondURL makes a response_url. s.mu is held.
func (s *Server) respondURL(channel, user string) string {
	id := s.id("R")
	s.responses[id] = &response{channel: channel, user: user, made: time.Now()}
	return s.http.URL + "/respond/" + id
}

func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request) {
	args, _, problem := arguments(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	resp := s.responses[r.PathValue("id")]
	switch {
	case resp == nil || problem != "":
		http.Error(w, `{"ok":false,"error":"no_service"}`, http.StatusNotFound)
		return
	case time.Since(resp.made) > 30*time.Minute:
		http.Error(w, `{"ok":false,"error":"expired_url"}`, http.StatusNotFound)
		return
	case resp.uses >= 5:
		http.Error(w, `{"ok":false,"error":"used_url"}`, http.StatusNotFound)
		return
	}
	resp.uses++
	m, f := s.content(args, 40_000)
	if f != nil {
		s.refuse("response_url: %s %s", f.code, strings.Join(f.messages, "; "))
		http.Error(w, `{"ok":false,"error":"`+f.code+`"}`, http.StatusOK)
		return
	}
	m.Channel, m.TS, m.To, m.User, m.Thread, m.Posted = resp.channel, s.nextTS(), resp.user, BotUser, args.Get("thread_ts"), time.Now()
	if args.Get("response_type") == "in_channel" {
		m.To = ""
		s.channels[m.Channel].messages = append(s.channels[m.Channel].messages, m)
	} else {
		s.whispers = append(s.whispers, *m)
	}
	io.WriteString(w, "ok")
}

// UseUp makes every response_url that exists refuse, as after half an hour.
func (s *Server) UseUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.responses {
		r.uses = 5
	}
}
