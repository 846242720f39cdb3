package slack

import (
	"errors"
	"net/http"
	"strings"

	"github.com/tocsin-bot/tocsin/bot"
)

// fates says what a refusal of Slack means for a post, and what a person can do about it. Refusals
// that are not listed park the room: loud, and nothing is lost. In hints %s is the room.
var fates = map[string]struct {
	fate bot.Fate
	hint string
}{
	"ratelimited":       {bot.NotPosted, ""},
	"rate_limited":      {bot.NotPosted, ""},
	"team_added_to_org": {bot.NotPosted, ""},
	"accesslimited":     {bot.NotPosted, ""},

	"internal_error":      {bot.Ambiguous, ""},
	"fatal_error":         {bot.Ambiguous, ""},
	"service_unavailable": {bot.Ambiguous, ""},
	"request_timeout":     {bot.Ambiguous, ""},

	"channel_not_found":                        {bot.BadRoom, "Check the room's name or ID; in a private channel, type /invite and my name first."},
	"not_in_channel":                           {bot.BadRoom, "Type /invite and my name in the channel."},
	"is_archived":                              {bot.BadRoom, "Unarchive the channel, or take it out of the watches' notify."},
	"restricted_action":                        {bot.BadRoom, "A workspace preference keeps me from posting there: an admin of the workspace can allow it."},
	"restricted_action_read_only_channel":      {bot.BadRoom, "The channel is read-only: let me post in the channel's posting permissions."},
	"restricted_action_thread_only_channel":    {bot.BadRoom, "The channel allows replies only: let me post in the channel's posting permissions."},
	"restricted_action_non_threadable_channel": {bot.BadRoom, "The channel has no threads: allow replies in its posting permissions."},
	"restricted_action_thread_locked":          {bot.BadRoom, "Somebody locked the thread: unlock it."},
	"messages_tab_disabled":                    {bot.BadRoom, "Turn on the Messages tab on the app's page App Home."},
	"cannot_reply_to_message":                  {bot.BadRoom, "The message under which I should reply takes no replies."},
	"channel_type_not_supported":               {bot.BadRoom, "I cannot post into this kind of channel: name another room."},
	"method_not_supported_for_channel_type":    {bot.BadRoom, "I cannot post into this kind of channel: name another room."},
	"user_not_found":                           {bot.BadRoom, "There is no such person any more: name another room."},
	"user_disabled":                            {bot.BadRoom, "The person's account is closed: name another room."},
	"cannot_dm_bot":                            {bot.BadRoom, "I cannot talk to another bot: name another room."},
	"is_inactive":                              {bot.BadRoom, "The channel is frozen: name another room."},
	"ekm_access_denied":                        {bot.BadRoom, "Your organisation's key management keeps me out of this channel."},
	"slack_connect_blocked_file_type":          {bot.BadRoom, "The shared channel refuses this."},
	"slack_connect_canvas_sharing_blocked":     {bot.BadRoom, "The shared channel refuses this."},
	"as_user_not_supported":                    {bot.BadRoom, ""},
	"team_not_found":                           {bot.BadRoom, "Use the channel's ID (C…) in place of its name."},

	"invalid_auth":              {bot.BadAuth, "Reinstall the app and put the new Bot User OAuth Token in place."},
	"not_authed":                {bot.BadAuth, "Give slack.bot_token_file."},
	"account_inactive":          {bot.BadAuth, "The app was removed from the workspace: install it again."},
	"token_revoked":             {bot.BadAuth, "The token was revoked: reinstall the app and put the new token in place."},
	"token_expired":             {bot.BadAuth, "Turn token rotation off, reinstall the app and put the new token in place."},
	"missing_scope":             {bot.BadAuth, "Add the scope on the page OAuth & Permissions and reinstall the app; `tocsin doctor` lists them all."},
	"not_allowed_token_type":    {bot.BadAuth, "Use the Bot User OAuth Token, which begins with xoxb-."},
	"no_permission":             {bot.BadAuth, "Reinstall the app: the token lacks a permission."},
	"access_denied":             {bot.BadAuth, "An admin of the workspace must approve the app."},
	"org_login_required":        {bot.BadAuth, "The workspace is being moved into an organisation: try again after that."},
	"team_access_not_granted":   {bot.BadAuth, "An admin of the organisation must give the app this workspace."},
	"enterprise_is_restricted":  {bot.BadAuth, "The method is not open to this organisation: an admin of it must allow the app."},
	"two_factor_setup_required": {bot.BadAuth, "Two-factor login must be set up first."},

	"invalid_blocks":                 {bot.BadPost, ""},
	"invalid_blocks_format":          {bot.BadPost, ""},
	"msg_blocks_too_long":            {bot.BadPost, ""},
	"msg_too_long":                   {bot.BadPost, ""},
	"no_text":                        {bot.BadPost, ""},
	"markdown_text_conflict":         {bot.BadPost, ""},
	"metadata_too_large":             {bot.BadPost, ""},
	"invalid_metadata_format":        {bot.BadPost, ""},
	"invalid_metadata_schema":        {bot.BadPost, ""},
	"metadata_must_be_sent_from_app": {bot.BadPost, ""},
	"too_many_attachments":           {bot.BadPost, ""},
	"invalid_attachments":            {bot.BadPost, ""},
	"invalid_arguments":              {bot.BadPost, ""},
	"invalid_arg_name":               {bot.BadPost, ""},
	"invalid_form_data":              {bot.BadPost, ""},
	"invalid_array_arg":              {bot.BadPost, ""},
	"invalid_charset":                {bot.BadPost, ""},
	"invalid_post_type":              {bot.BadPost, ""},
	"missing_post_type":              {bot.BadPost, ""},
	"view_too_large":                 {bot.BadPost, ""},
	"expired_trigger_id":             {bot.BadPost, ""},
}

// sendError judges an error of a call that posts.
func sendError(err error) *bot.SendError {
	var call *callError
	if !errors.As(err, &call) {
		return &bot.SendError{Fate: bot.Ambiguous, Err: err}
	}
	send := &bot.SendError{Err: call, After: call.after}
	known, listed := fates[call.code]
	switch {
	case listed:
		send.Fate, send.Hint = known.fate, known.hint
	case call.code != "":
		send.Fate = bot.BadRoom
		if prefix := "invalid_blocks"; strings.HasPrefix(call.code, prefix) {
			send.Fate = bot.BadPost
		}
		send.Hint = "Slack's page of the method says what " + call.code + " means."
	case call.status == http.StatusTooManyRequests:
		send.Fate = bot.NotPosted
	case call.status >= 300 && call.status < 500 && call.status != http.StatusRequestTimeout:
		send.Fate = bot.NotPosted // somebody on the way, or the wrong api_url: Slack itself answers 200
		send.Hint = "Check slack.api_url and the proxy."
	case call.status == 0 && !call.sent:
		send.Fate = bot.NotPosted
	default:
		send.Fate = bot.Ambiguous
	}
	return send
}
