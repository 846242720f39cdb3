// Package summary answers the question: what does a story say?
//
// [Summarize] cleans the reports of a story, ranks their sentences and gives two or three of them
// word for word, with the key facts that stand in them. [Update] gives only what a later report
// adds. Nothing is generated, nothing is fetched, and the same input always gives the same output.
//
// What is known of a language is data: boilerplate/xx.txt for what is not the article, facts/xx.txt
// for titles, places, months, currencies and weapons. Another language is two more files.
package summary
