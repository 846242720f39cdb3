package newswire

import (
	"bytes"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
)

// Fault is a way in which a feed's server misbehaves.
type Fault string

// The faults that a feed may have. The pages behind its items are served all the same.
const (
	NoFault     Fault = ""
	NotAFeed    Fault = "html"      // answers 200 with a web page
	Empty       Fault = "empty"     // answers 200 with nothing
	Truncated   Fault = "truncated" // breaks off in the middle of the document
	Endless     Fault = "endless"   // never stops sending
	Hang        Fault = "hang"      // takes the request and never answers
	ServerError Fault = "500"       // answers 500
	Throttled   Fault = "429"       // answers 429 with a Retry-After of two minutes
	Gone        Fault = "410"       // answers 410
	Huge        Fault = "huge"      // sends the feed with 16 MiB of blanks behind it
	Moved       Fault = "301"       // sends the client to the folder "new" of the same site, where the feed is

	// A reader should not mind these, and find nothing new in them.

	WrongType   Fault = "octet-stream" // serves the feed as application/octet-stream
	Mislabelled Fault = "mislabelled"  // says that the feed is in UTF-16, which it is not
	Redated     Fault = "redated"      // dates every item a day and two hours later
	Reguided    Fault = "reguided"     // gives every item a new guid
)

// Misbehave makes a feed of the wire misbehave from the next request on, until NoFault.
func (w *Wire) Misbehave(feed string, f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[feed] = f
}

func (w *Wire) fault(feed string) Fault {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.faults[feed]
}

// distort changes the items of a feed whose fault is in its content.
func distort(items []Item, f Fault) {
	for i := range items {
		switch f {
		case Redated:
			items[i].Published = items[i].Published.Add(26 * time.Hour)
		case Reguided:
			items[i].ID += "-2"
		}
	}
}

// misbehave answers for a feed that has a fault, and says whether it did.
func misbehave(rw http.ResponseWriter, r *http.Request, f Fault, doc []byte) bool {
	switch f {
	case NotAFeed:
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(rw, "<!DOCTYPE html><html><head><title>Just a moment…</title></head>"+
			"<body><h1>Checking your browser</h1><p>This will take a few seconds.</p></body></html>")
	case Empty:
		rw.Header().Set("Content-Type", "application/rss+xml")
	case Truncated:
		rw.Header().Set("Content-Type", "application/rss+xml")
		rw.Write(doc[:len(doc)/2])
	case Endless:
		rw.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprint(rw, `<?xml version="1.0"?><rss version="2.0"><channel><title>Endless</title><description>`)
		filler := strings.Repeat("and so on and on ", 512)
		for r.Context().Err() == nil {
			if _, err := fmt.Fprint(rw, filler); err != nil {
				return true
			}
		}
	case Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // cuts the connection: not even an empty answer
	case ServerError:
		http.Error(rw, "database connection lost", http.StatusInternalServerError)
	case Throttled:
		rw.Header().Set("Retry-After", "120")
		http.Error(rw, "slow down", http.StatusTooManyRequests)
	case Gone:
		http.Error(rw, "this feed has moved to the archive", http.StatusGone)
	case Huge:
		rw.Header().Set("Content-Type", "application/rss+xml")
		rw.Write(doc)
		rw.Write(bytes.Repeat([]byte(" "), 16<<20))
	case Moved:
		dir, file := path.Split(r.URL.Path)
		http.Redirect(rw, r, dir+"new/"+file, http.StatusMovedPermanently)
	case WrongType:
		rw.Header().Set("Content-Type", "application/octet-stream")
		rw.Write(doc)
	case Mislabelled:
		rw.Header().Set("Content-Type", "application/xml; charset=utf-16")
		rw.Write(doc)
	default:
		return false
	}
	return true
}
