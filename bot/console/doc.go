// Package console answers the question: how does a terminal say it?
package console
