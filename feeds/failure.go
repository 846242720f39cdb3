package feeds

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Failure names what is wrong with a feed or a page, from a finite list. Its text is stored and
// logged and stays the same from version to version. The empty Failure means that nothing is wrong.
type Failure string

const (
	FailURL         Failure = "bad-url"
	FailPrivate     Failure = "private-address"
	FailDNS         Failure = "dns"
	FailRefused     Failure = "connection-refused"
	FailReset       Failure = "connection-reset"
	FailTimeout     Failure = "timeout"
	FailNetwork     Failure = "network"
	FailTLS         Failure = "tls"
	FailClock       Failure = "clock"
	FailProtocol    Failure = "protocol"
	FailRedirect    Failure = "redirect"
	FailForbidden   Failure = "forbidden"
	FailNotFound    Failure = "not-found"
	FailGone        Failure = "gone"
	FailRateLimited Failure = "rate-limited"
	FailClient      Failure = "client-error"
	FailServer      Failure = "server-error"
	FailTooLarge    Failure = "too-large"
	FailCut         Failure = "cut"
	FailEncoding    Failure = "encoding"
	FailEmpty       Failure = "empty"
	FailHTML        Failure = "html"
	FailLogin       Failure = "login"
	FailNotFeed     Failure = "not-a-feed"
	FailMalformed   Failure = "malformed"
	FailTooComplex  Failure = "too-complex"
	FailNotPage     Failure = "not-a-page"
	FailCrash       Failure = "crash"
)

// failureWords says each failure in a sentence for people, and what to do about it.
var failureWords = map[Failure]struct{ sentence, hint string }{
	FailURL:         {"the address is not one that can be fetched", "use a complete http or https address"},
	FailPrivate:     {"the address lies inside a private or reserved network", "to allow it, name its network in fetch.allow_networks"},
	FailDNS:         {"the host name cannot be resolved", "check the address for typing errors and this machine's DNS"},
	FailRefused:     {"the server refuses the connection", "the site may be down, or the port may be wrong"},
	FailReset:       {"the server broke the connection off", "usually passes by itself"},
	FailTimeout:     {"the server did not finish in time", "usually passes by itself; the feed goes on being tried"},
	FailNetwork:     {"the server cannot be reached", "check this machine's network"},
	FailTLS:         {"the server's certificate is not valid for it", "open the address in a browser; the site's owner has to repair this"},
	FailClock:       {"the server's certificate is not valid at this machine's time", "check this machine's clock; if it is right, the site's owner has to renew the certificate"},
	FailProtocol:    {"the server's answer is not proper HTTP", "check the scheme and port of the address"},
	FailRedirect:    {"the server redirects without end or to an address that is not allowed", "open the address in a browser to find where the feed lives now"},
	FailForbidden:   {"the server does not let us in", "the feed may need a password or a token, or the site may block bots"},
	FailNotFound:    {"there is no document at this address", "the feed may have moved: `tocsin feeds try` with the site's front page looks for it"},
	FailGone:        {"the server says that the feed is gone for good", "it is not polled any more; give it a new address or remove it"},
	FailRateLimited: {"the server asks us to come back later", "poll this site less often"},
	FailClient:      {"the server does not accept the request", "open the address in a browser"},
	FailServer:      {"the server has an error of its own", "usually passes by itself"},
	FailTooLarge:    {"the document is too large", "ask the site for a shorter feed"},
	FailCut:         {"the document ends in the middle", "usually passes by itself; nothing of it was used"},
	FailEncoding:    {"the document is in an encoding that cannot be read", "the site's owner has to repair this"},
	FailEmpty:       {"the server answers with an empty document", "usually passes by itself"},
	FailHTML:        {"there is a web page instead of a feed", "`tocsin feeds try` looks for the feed that the page names"},
	FailLogin:       {"there is a login page instead of a feed", "the feed may need a password or a token in its address or headers"},
	FailNotFeed:     {"the document is not a feed", "want RSS, Atom or JSON Feed"},
	FailMalformed:   {"the document is not well-formed", "the site's owner has to repair this"},
	FailTooComplex:  {"the document is built to be expensive to read", "the site's owner has to repair this"},
	FailNotPage:     {"the document is not a web page", "only the text of web pages is read"},
	FailCrash:       {"reading the document failed inside Tocsin", "please report it, with the address"},
}

// Sentence says the failure for people, without a full stop. Hint says what to do about it.
func (f Failure) Sentence() string { return failureWords[f].sentence }
func (f Failure) Hint() string     { return failureWords[f].hint }

// FetchError is a failure with what was seen. Its text is one line for people and logs, at most
// maxDetail bytes, without secrets.
type FetchError struct {
	Failure Failure
	Detail  string // what was seen, such as "HTTP 503"; may be empty
	Err     error  // the cause, for errors.Is; its text may hold secrets

	// RetryAfter is how long the server asks us to stay away. Zero when it does not say.
	RetryAfter time.Duration
}

func (e *FetchError) Error() string {
	s := e.Failure.Sentence()
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	return oneLine(s)
}

func (e *FetchError) Unwrap() error { return e.Err }

func fail(f Failure, format string, args ...any) *FetchError {
	return &FetchError{Failure: f, Detail: oneLine(fmt.Sprintf(format, args...))}
}

// failureOf gives the failure that an error stands for.
func failureOf(err error) *FetchError {
	var fe *FetchError
	if errors.As(err, &fe) {
		return fe
	}
	return &FetchError{Failure: FailNetwork, Detail: oneLine(redactText(err.Error())), Err: err}
}

// maxDetail bounds a line about a failure, in bytes.
const maxDetail = 300

// oneLine makes strangers' text fit for a line of a log: no line breaks, no control or direction
// characters, at most maxDetail bytes.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "�")
	s = strings.Join(strings.Fields(strings.Map(printable, s)), " ")
	if len(s) > maxDetail {
		s = cutBytes(s, maxDetail-len("…")) + "…"
	}
	return s
}
