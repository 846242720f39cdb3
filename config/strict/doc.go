// Package strict answers the question: is this YAML what was asked for, and where exactly not?
//
// It decodes a file into a struct by its `yaml:"name"` tags and reports every problem at once,
// each with file, line, column, cause and a hint. Nothing is skipped in silence: an unknown key, a
// key given twice, a second document, a number without a unit are problems.
//
// Fields may be strings, booleans, integers, floats, [time.Duration], structs, pointers, slices,
// maps with string keys, [Map], [Located], [Secret], [Raw], and every type that is a [Decodable]
// or an encoding.TextUnmarshaler. A string is read as it is written: NO, 12:30 and 010 stay what
// they are. A key without a value, or with ~, counts as not given.
//
// A field may carry a tag with limits: `strict:"required,min=1m,max=7d"`. Durations below zero are
// refused unless min says otherwise.
package strict
