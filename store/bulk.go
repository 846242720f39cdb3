package store

import "strings"

// bulk writes rows of a table many in one statement: to run a statement costs SQLite as much as to
// write a short row.
type bulk struct {
	width      int // arguments of a row
	statements [len(bulkRows)]string
}

// bulkRows are the numbers of rows for which there is a statement.
var bulkRows = [...]int{64, 16, 4, 1}

// newBulk makes the statements of which head is what comes before the rows, and tail what follows.
func newBulk(width int, head, tail string) *bulk {
	row := "(?" + strings.Repeat(", ?", width-1) + ")"
	b := &bulk{width: width}
	for i, n := range bulkRows {
		b.statements[i] = head + " VALUES " + row + strings.Repeat(", "+row, n-1) + " " + tail
	}
	return b
}

// write writes rows, whose arguments follow each other in args. No two of them may have one key.
func (b *bulk) write(t *tx, args []any) error {
	for i, n := range bulkRows {
		for ; len(args) >= n*b.width; args = args[n*b.width:] {
			if err := t.do(b.statements[i], args[:n*b.width:n*b.width]...); err != nil {
				return err
			}
		}
	}
	return nil
}
