package newswire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Handler serves the feeds, the pages behind their items and the outlets' front pages. What has
// not been published answers 404. Feeds carry an ETag and a Last-Modified and honour both in
// requests.
//
// Every outlet can be reached in two ways, and links in its documents keep to the way in which
// they were asked for. Under the wire's own address each outlet is a folder. To a client that
// uses the wire as its HTTP proxy, or dials it whatever the name, each outlet is a host of its
// own, under the reserved domain "example", as on the real web.
func (w *Wire) Handler() http.Handler { return http.HandlerFunc(w.serve) }

func (w *Wire) serve(rw http.ResponseWriter, r *http.Request) {
	o, home, path := w.locate(r)
	switch {
	case o == nil:
		http.NotFound(rw, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		rw.Header().Set("Allow", "GET, HEAD")
		http.Error(rw, "the wire only tells", http.StatusMethodNotAllowed)
	case path == "/"+o.file():
		w.serveFeed(rw, r, o, home, w.fault(o.Name))
	case path == "/new/"+o.file(): // see Moved
		w.serveFeed(rw, r, o, home, NoFault)
	case strings.HasPrefix(path, "/img/"):
		rw.Header().Set("Content-Type", "image/gif")
		fmt.Fprint(rw, pixel)
	default:
		w.servePage(rw, r, o, home, path)
	}
}

// locate finds the outlet that a request is for, where its pages are, and the path within them.
func (w *Wire) locate(r *http.Request) (o *outlet, home, path string) {
	for _, o := range w.outlets {
		if o.Host == r.Host {
			return o, "http://" + o.Host, r.URL.Path
		}
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return w.outlet(name), "http://" + r.Host + "/" + name, "/" + rest
}

func (w *Wire) serveFeed(rw http.ResponseWriter, r *http.Request, o *outlet, home string, f Fault) {
	items, modified := w.current(o.Name)
	distort(items, f)
	doc := o.renderFeed(home, items, modified)
	if misbehave(rw, r, f, doc) {
		return
	}
	rw.Header().Set("Content-Type", o.MediaType())
	serveDocument(rw, r, doc, modified)
}

// servePage serves an article, or the front page under "/".
func (w *Wire) servePage(rw http.ResponseWriter, r *http.Request, o *outlet, home, path string) {
	items, modified := w.current(o.Name)
	var it Item
	if path != "/" {
		i := slices.IndexFunc(items, func(it Item) bool { return it.Path == path })
		if i < 0 {
			http.NotFound(rw, r)
			return
		}
		it = items[i]
	}
	rw.Header().Set("Content-Type", "text/html; charset="+o.Charset)
	serveDocument(rw, r, o.renderPage(home, it, items, modified), modified)
}

// A transparent GIF of one pixel: enough for a picture that nobody looks at.
const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// serveDocument answers with the document, or 304 when the client has it.
func serveDocument(rw http.ResponseWriter, r *http.Request, doc []byte, modified time.Time) {
	rw.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(doc))[:18]+`"`)
	rw.Header().Set("Cache-Control", "max-age=0, must-revalidate")
	http.ServeContent(rw, r, "", modified, bytes.NewReader(doc))
}

// MediaType is the Content-Type of the feed.
func (o *outlet) MediaType() string {
	switch o.Format {
	case JSON:
		return "application/feed+json"
	case Atom:
		return "application/atom+xml; charset=" + o.Charset
	case RDF:
		return "application/rdf+xml; charset=" + o.Charset
	}
	if o.Charset != "utf-8" {
		return "text/xml" // only the document itself names its charset, as old systems have it
	}
	return "application/rss+xml; charset=" + o.Charset
}

// Feeds lists the feeds of the wire: below base, which is where it listens, such as
// "http://127.0.0.1:8080"; or, when base is empty, under the outlets' own hosts, for a client that
// uses the wire as its proxy. See [Wire.Handler].
func (w *Wire) Feeds(base string) []Feed {
	feeds := make([]Feed, 0, len(w.outlets))
	for _, o := range w.outlets {
		home := "http://" + o.Host
		if base != "" {
			home = strings.TrimSuffix(base, "/") + "/" + o.Name
		}
		feeds = append(feeds, o.feed(home))
	}
	return feeds
}

// Server is a wire on a port of the loopback interface.
type Server struct {
	URL string // "http://127.0.0.1:41234", without a slash at the end

	http   *http.Server
	cancel context.CancelFunc
	served chan error
}

// Listen serves the wire on a free port of 127.0.0.1 until the server is closed.
func (w *Wire) Listen() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the sample newswire: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		URL: "http://" + l.Addr().String(),
		http: &http.Server{
			Handler:           w.Handler(),
			ReadHeaderTimeout: 10 * time.Second,
			BaseContext:       func(net.Listener) context.Context { return ctx },
		},
		cancel: cancel,
		served: make(chan error, 1),
	}
	go func() { s.served <- s.http.Serve(l) }()
	return s, nil
}

// Close stops the server, also the answers that hang on purpose, and waits until it no longer
// accepts. A second call does nothing.
func (s *Server) Close() error {
	s.cancel()
	err := s.http.Close()
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	s.served <- http.ErrServerClosed
	return err
}
