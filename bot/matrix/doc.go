// Package matrix answers the question: how does Matrix say it, and what did people say to us there?
//
// [Open] makes the platform. It posts notices with HTML under transaction ids that come from the
// delivery's key, so that the homeserver itself drops a repeat. It syncs, and commits the place in
// the sync only when everything before it is stored.
//
// A room that was ever seen encrypted never gets plaintext. Encryption needs the build tag goolm;
// a program built without it refuses encrypted rooms.
package matrix
