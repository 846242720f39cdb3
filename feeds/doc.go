// Package feeds answers the question: what was published?
package feeds
