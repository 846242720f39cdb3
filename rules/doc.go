// Package rules answers the question: what are we watching for?
//
// People write watches, lists, entities and tests into rule files; Help says how. [Load] reads them,
// all or nothing, with every problem at its place; [Watcher] reads them again when they change. The
// result, [Rules], is never changed; its [Set] finds the watches that an item satisfies.
// [Rules.RunTests] runs the tests, [Backtest] an archive.
package rules

import _ "embed"

// Help is the manual page of rule files: `tocsin help writing-rules`.
//
//go:embed help.md
var Help string
