package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/feeds"
)

// maxInput bounds what a filter reads of one document, in bytes.
const maxInput = 32 << 20

func newParseCommand() *cobra.Command {
	var allow []string
	cmd := &cobra.Command{
		Use:   "parse [FILE|URL|-]",
		Short: "Print the items of a feed document",
		Long: `Parse reads one feed document (RSS, Atom, RDF or JSON Feed) and prints its items, one JSON object
a line: id, feed, url, title, text, authors, tags, language, published, updated, enclosures.
Times are RFC 3339 in UTC, and absent when the feed does not say.`,
		Example: "  tocsin parse https://example.org/feed.xml | tocsin match --rules rules/",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := readInput(cmd, args, allow)
			if err != nil {
				return err
			}
			parsed, err := feeds.Parse(in.data, feeds.ParseOptions{Feed: in.name, URL: in.url, ContentType: in.contentType})
			if err != nil {
				return fmt.Errorf("parse %s: %w", in.name, err)
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			for i := range parsed.Items {
				if err := out.Encode(&parsed.Items[i]); err != nil {
					return err
				}
			}
			return nil
		},
	}
	allowFlag(cmd, &allow)
	return cmd
}

func newExtractCommand() *cobra.Command {
	var pageURL string
	var allow []string
	cmd := &cobra.Command{
		Use:   "extract [--url URL] [FILE|URL|-]",
		Short: "Print the article on an HTML page",
		Long: `Extract reads one HTML page and prints the article on it without the page's furniture, as one JSON
object: url, title, text, byline, published, language, site. Paragraphs are separated by a blank
line. --url says where a page that is read from a file stands.`,
		Example: "  tocsin extract https://example.org/news/1\n  tocsin extract --url https://example.org/news/1 page.html",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := readInput(cmd, args, allow)
			if err != nil {
				return err
			}
			article, err := feeds.Extract(feeds.UTF8(in.data, in.contentType), or(pageURL, in.url))
			if err != nil {
				return fmt.Errorf("extract the article of %s: %w", in.name, err)
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			return out.Encode(article)
		},
	}
	cmd.Flags().StringVar(&pageURL, "url", "", "the address of the page")
	allowFlag(cmd, &allow)
	return cmd
}

func allowFlag(cmd *cobra.Command, allow *[]string) {
	cmd.Flags().StringSliceVar(allow, "allow-network", nil, "private network that may be fetched, such as 127.0.0.0/8 (may be repeated)")
}

// input is a document with where it came from.
type input struct {
	data        []byte
	name        string // for people: a path, an address, or "stdin"
	url         string // where the document stands; empty for a file
	contentType string // as the server says; empty for a file
}

// readInput reads the document that a filter's argument names, or standard input.
func readInput(cmd *cobra.Command, args, allow []string) (input, error) {
	if len(args) == 0 || args[0] == "-" {
		data, err := readAll(stdin(cmd), "standard input")
		return input{data: data, name: "stdin"}, err
	}
	name := args[0]
	if isURL(name) {
		resp, err := fetchOnce(cmd.Context(), name, allow)
		if err != nil {
			return input{}, err
		}
		return input{resp.Body, name, resp.URL, resp.ContentType}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return input{}, err
	}
	defer f.Close()
	data, err := readAll(f, name)
	return input{data: data, name: name}, err
}

func isURL(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") }

func readAll(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxInput {
		return nil, fmt.Errorf("read %s: larger than %d MiB", name, maxInput>>20)
	}
	return data, nil
}

func fetchOnce(ctx context.Context, url string, allow []string) (*feeds.Response, error) {
	prefixes, err := parsePrefixes(allow)
	if err != nil {
		return nil, err
	}
	fetcher := feeds.NewFetcher(feeds.FetchOptions{AllowNetworks: prefixes})
	defer fetcher.Close()
	return fetcher.Fetch(ctx, feeds.Request{URL: url})
}

func parsePrefixes(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	var errs []error
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			errs = append(errs, &usageError{fmt.Errorf("%q is no network", s), "write 192.168.7.0/24"})
			continue
		}
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

// stdin is the standard input of a filter.
func stdin(cmd *cobra.Command) io.Reader { return &interruptible{cmd.Context(), cmd.InOrStdin()} }

// interruptible is an input whose reads end with ctx, though nobody writes: Ctrl-C ends a filter that
// waits for its first line.
type interruptible struct {
	ctx context.Context
	in  io.Reader
}

func (r *interruptible) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	read, buf := make(chan result, 1), make([]byte, min(len(p), 64<<10)) // of its own: a read may outlive us
	go func() {
		n, err := r.in.Read(buf)
		read <- result{n, err}
	}()
	select {
	case got := <-read:
		return copy(p, buf[:got.n]), got.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}
