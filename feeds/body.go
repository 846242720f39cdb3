package feeds

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// body reads the body of a response within limits.
type body struct {
	resp  *http.Response
	limit int64        // in bytes, counted after decompression
	grow  func() error // asked once before the document becomes larger than usualBytes
}

var gzipReaders sync.Pool

func (b *body) read() ([]byte, error) {
	length := b.resp.ContentLength
	if length > b.limit {
		return nil, fail(FailTooLarge, "%d bytes, at most %d are read", length, b.limit)
	}
	// A compressed body that is larger than the limit is larger still when it is decompressed.
	raw := &io.LimitedReader{R: b.resp.Body, N: b.limit + 1}
	encoding := strings.ToLower(strings.TrimSpace(b.resp.Header.Get("Content-Encoding")))
	switch encoding {
	case "", "identity", "none":
		return b.readAll(raw, length)
	case "gzip", "x-gzip": // the only one that we ask for
	default:
		return nil, fail(FailEncoding, "Content-Encoding %q", cutBytes(encoding, 40))
	}
	zr, ok := gzipReaders.Get().(*gzip.Reader)
	if !ok {
		zr = new(gzip.Reader)
	}
	defer gzipReaders.Put(zr)
	if err := zr.Reset(raw); err != nil {
		if err == io.EOF {
			return nil, fail(FailEmpty, "no bytes")
		}
		return nil, err
	}
	doc, err := b.readAll(zr, 4*length)
	if errors.Is(err, gzip.ErrHeader) && len(doc) > 0 {
		err = nil // padding behind the end of the gzip data
	}
	return doc, err
}

// readAll reads to the end, which must come within the limit. It gives what it read also with an
// error.
func (b *body) readAll(r io.Reader, sizeHint int64) ([]byte, error) {
	buf := make([]byte, 0, min(max(sizeHint+1, 4<<10), usualBytes))
	grown := false
	for {
		if len(buf) == cap(buf) {
			if !grown && len(buf) >= usualBytes {
				if err := b.grow(); err != nil {
					return nil, err
				}
				grown = true
			}
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > b.limit:
			return nil, fail(FailTooLarge, "more than %d MiB", b.limit>>20)
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}
