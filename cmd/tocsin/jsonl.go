package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/feeds"
)

// maxLine bounds one line of a filter's input, in bytes. A longer one is reported and passed over.
const maxLine = 16 << 20

// itemLine is what a line of items must have. A filter's own line type embeds it.
type itemLine struct{ feeds.Item }

// check tells what is wrong with a line that is JSON but no item.
func (l *itemLine) check() error {
	if l.ID == "" {
		return errors.New(`the item has no "id"`)
	}
	return nil
}

// checked is the line type of a filter: it can tell what is wrong with itself.
type checked[T any] interface {
	*T
	check() error
}

// eachLine reads JSON Lines and calls do for every line that is one. A line that is not, or that do
// refuses, is reported on problems with its number, and the rest goes on; the error at the end says
// how many there were. Blank lines count and say nothing. name is the input's, for the reports.
func eachLine[T any, P checked[T]](in io.Reader, problems io.Writer, name string, do func(P) error) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	number, bad := 0, 0
	for {
		line, err := readLine(lines)
		if err == io.EOF {
			break
		}
		number++
		if err == nil {
			err = eachValue(line, do)
		} else if !errors.Is(err, errLongLine) {
			return fmt.Errorf("read %s: %w", name, err)
		}
		var stop *outputError
		if errors.As(err, &stop) {
			return stop
		}
		if err != nil {
			bad++
			fmt.Fprintf(problems, "%s:%d: %v\n", name, number, err)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d lines of %s could not be used", bad, number, name)
	}
	return nil
}

func eachValue[T any, P checked[T]](line []byte, do func(P) error) error {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
	if len(line) == 0 {
		return nil
	}
	var value T
	if err := json.Unmarshal(line, &value); err != nil {
		return fmt.Errorf("not an item: %w", err)
	}
	if err := P(&value).check(); err != nil {
		return err
	}
	return do(&value)
}

var errLongLine = fmt.Errorf("the line is longer than %d MiB", maxLine>>20)

// readLine gives the next line without its end, or errLongLine once it has passed over a long one.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && (len(line) > 0 || long):
		case err != nil:
			return nil, err
		}
		if long {
			return nil, errLongLine
		}
		return bytes.TrimSuffix(line, []byte("\n")), nil
	}
}

// outputError is a failure to write, which ends a filter: whoever reads it has gone.
type outputError struct{ err error }

func (e *outputError) Error() string { return "write the output: " + e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

// jsonLines writes values as JSON Lines, markup characters as they are.
type jsonLines struct{ enc *json.Encoder }

func newJSONLines(w io.Writer) jsonLines {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return jsonLines{enc}
}

// write writes one line at once, so that the next filter in a pipe need not wait.
func (j jsonLines) write(v any) error {
	if err := j.enc.Encode(v); err != nil {
		return &outputError{err}
	}
	return nil
}

// openLines opens a filter's input: the file named by its argument, or standard input without one
// or with "-".
func openLines(cmd *cobra.Command, args []string) (in io.ReadCloser, name string, err error) {
	if len(args) == 0 || args[0] == "-" {
		return io.NopCloser(stdin(cmd)), "standard input", nil
	}
	f, err := os.Open(args[0])
	if err != nil {
		return nil, "", fmt.Errorf("open the items: %w", err)
	}
	return f, args[0], nil
}
