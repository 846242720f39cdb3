package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// manyFeeds writes a config of so many feeds, a hundred on a host, that are all fetched through a proxy.
func manyFeeds(t *testing.T, n int, proxy string) (path string) {
	t.Helper()
	dir := t.TempDir()
	if _, err := writeStarter(dir); err != nil {
		t.Fatal(err)
	}
	config := &strings.Builder{}
	fmt.Fprintf(config, "console: {file: alerts.jsonl, quiet: true}\nlog: {level: error}\nfetch: {allow_networks: [127.0.0.0/8], proxy: %q}\nfeed_defaults: {article: never}\nfeeds:\n", proxy)
	for i := range n {
		fmt.Fprintf(config, "  - {name: feed-%05d, url: \"http://host%d.example/%d.xml\"}\n", i, i%(n/100), i)
	}
	path = filepath.Join(dir, "tocsin.yaml")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// said runs a command and gives what it printed.
func said(t *testing.T, args ...string) (out string, status int) {
	t.Helper()
	var stdout, stderr strings.Builder
	status = execute(t.Context(), args, nil, &stdout, &stderr)
	return stdout.String() + stderr.String(), status
}

// half serves every other feed, and has an error of its own for the rest.
func half(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "1.xml") || strings.HasSuffix(r.URL.Path, "3.xml") {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title><item><title>What %s says</title><link>http://%s%s/1</link></item></channel></rss>`,
		r.URL.Path, r.URL.Path, r.URL.Host, r.URL.Path)
}

func TestWhatIsSaidOfTenThousandFeedsIsBounded(t *testing.T) {
	t.Parallel()
	heavy(t)
	server := httptest.NewServer(http.HandlerFunc(half))
	defer server.Close()
	config := manyFeeds(t, 10_000, server.URL)
	fits := func(want string, wantStatus int, args ...string) {
		t.Helper()
		out, status := said(t, append(args, "--config", config)...)
		if lines := strings.Count(out, "\n"); status != wantStatus || lines > 100 || !strings.Contains(out, want) {
			t.Errorf("%q ended with %d and %d lines:\n%.2000s", args, status, lines, out)
		}
	}
	fits("10000 feeds", exitFine, "check")
	fits("feeds 10000 polled, 2000 failed; items 0 new, 8000 baseline", exitFine, "run", "--once")
	fits("and 1960 more", exitProblem, "status")
}

func TestCheckOnlineSumsUpWhyManyFeedsFail(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(half))
	defer server.Close()
	out, status := said(t, "check", "--online", "--config", manyFeeds(t, 200, server.URL))
	if status != exitProblem || !strings.HasSuffix(out, "160 of 200 feeds answer\n    40: the server has an error of its own\n") {
		t.Errorf("ended with %d:\n%s", status, out)
	}
}
