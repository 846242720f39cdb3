// Package slack answers the question: how does Slack say it, and what did people say to us there?
//
// [Open] makes the platform: it posts and edits messages as Block Kit, and finds out by metadata
// whether a message whose answer was lost is there. It listens over Socket Mode, which needs no
// public address, or over signed HTTP; both feed the same handlers. An event is acknowledged when
// it is stored, not before.
package slack
