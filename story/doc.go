// Package story answers the question: which items report the same event?
//
// An [Index] is shown every item once, in the order in which items were stored, and says for
// each whether it starts a story, adds to one, or is a copy of a text that is known already.
//
// Two reports belong together when they share rare words and are near in time: the index keeps
// the words of every live story with their TF-IDF weights, counted for each language over
// everything that was ever fetched, and compares an item with the sum of the items of a story; a
// bare headline also with the nearest single headline. Copies are told by runs of four words,
// whatever their headlines say. How often each of these rules is right is measured by the tests
// of this package; the numbers stand beside the constants.
//
// Reports in different languages are never joined: their words cannot be compared.
package story
