// Package text answers the question: which words and sentences does a text hold, and in which
// language? Rules, stories, summaries and the archive's search all fold, segment and stem with
// this package, so that a word is the same word everywhere.
package text
