// Package slacktest answers the question: would Slack take this, and what would people see?
//
// [New] starts a workspace on a loopback address: the Web API with its tokens, scopes, arguments,
// Block Kit limits and rate limits, Socket Mode, signed HTTP requests, and people who talk. It
// refuses what Slack refuses, records every mention and link as Slack would make them, and fails
// on demand in the ways that Slack fails.
package slacktest
