package feeds

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxRetryAfter bounds what a server can ask for: a slip of the keyboard must not end a feed.
const maxRetryAfter = 24 * time.Hour

// statusError gives the failure that a status stands for, and nil for one with a document.
func statusError(resp *http.Response) error {
	code := resp.StatusCode
	f := FailClient
	switch {
	case code == http.StatusOK, code == http.StatusNonAuthoritativeInfo:
		return nil
	case code == http.StatusNoContent, code == http.StatusResetContent:
		f = FailEmpty
	case code == http.StatusPartialContent:
		f = FailCut
	case code < 300:
		f = FailProtocol
	case code < 400:
		f = FailRedirect
	case code == 401, code == 403, code == 407, code == 451:
		f = FailForbidden
	case code == http.StatusNotFound:
		f = FailNotFound
	case code == http.StatusGone:
		f = FailGone
	case code == http.StatusTooManyRequests:
		f = FailRateLimited
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code >= 500:
		f = FailServer
	}
	err := fail(f, "HTTP %d", code)
	if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
		err.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	return err
}

// retryAfter reads a Retry-After header, in seconds or as a date. Zero means that it says nothing
// of use; more than a day counts as a day.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if strings.Trim(header, "0123456789") == "" {
		seconds, err := strconv.ParseInt(header, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// maxFreshFor bounds how far Cache-Control can put off the next poll.
const maxFreshFor = time.Hour

// freshFor gives how long Cache-Control says that a copy stays good, less the age that it has.
func freshFor(h http.Header) time.Duration {
	control := h.Get("Cache-Control")
	if control == "" {
		return 0
	}
	var maxAge time.Duration
	for part := range strings.SplitSeq(strings.ToLower(control), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "no-cache", "no-store", "must-revalidate":
			return 0
		case "max-age":
			maxAge = seconds(strings.Trim(value, `"`))
		}
	}
	return min(max(maxAge-seconds(h.Get("Age")), 0), maxFreshFor)
}

// seconds reads a number of seconds; what is not one counts as none.
func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// classify puts an error of net/http into the words of a failure.
func classify(ctx context.Context, err error) *FetchError {
	var fe *FetchError
	if errors.As(err, &fe) {
		return fe
	}
	f, detail := FailNetwork, ""
	var (
		dns     *net.DNSError
		netErr  net.Error
		record  tls.RecordHeaderError
		flateIn flate.CorruptInputError
	)
	switch {
	case errors.Is(err, context.Canceled):
		detail = "cancelled"
	case isPrivate(err):
		f = FailPrivate
	case errors.Is(err, errTooManyRedirects):
		f, detail = FailRedirect, errTooManyRedirects.Error()
	case errors.As(err, &dns):
		f, detail = FailDNS, dns.Name
		if dns.IsTimeout {
			detail += ": no answer from DNS"
		}
	case tlsFailure(err, &f, &detail):
	case errors.As(err, &record):
		f, detail = FailProtocol, "no TLS on this port"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		f = FailTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		f = FailRefused
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &flateIn):
		f, detail = FailCut, "the gzip data is damaged"
	case errors.Is(err, io.ErrUnexpectedEOF):
		f = FailCut
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		f = FailReset
	default:
		f, detail = protocolFailure(err)
	}
	if f == FailTimeout && ctx.Err() == nil {
		detail = "no answer"
	}
	return &FetchError{Failure: f, Detail: oneLine(detail), Err: err}
}

// tlsFailure tells whether err is a certificate that does not hold.
func tlsFailure(err error, f *Failure, detail *string) bool {
	var (
		invalid   x509.CertificateInvalidError
		host      x509.HostnameError
		authority x509.UnknownAuthorityError
		alert     tls.AlertError
	)
	*f = FailTLS
	switch {
	case errors.As(err, &invalid):
		*detail = "certificate is invalid"
		if invalid.Reason == x509.Expired && invalid.Cert != nil {
			*f = FailClock
			*detail = "valid from " + invalid.Cert.NotBefore.UTC().Format(time.DateOnly) + " to " +
				invalid.Cert.NotAfter.UTC().Format(time.DateOnly) + ", here it is " + time.Now().UTC().Format(time.DateOnly)
		}
	case errors.As(err, &host):
		*detail = "it is for another name"
	case errors.As(err, &authority):
		*detail = "signed by an unknown authority"
	case errors.As(err, &alert):
		*detail = alert.Error()
	default:
		*f = FailNetwork
		return false
	}
	return true
}

// protocolFailure sorts what net/http gives no type for.
func protocolFailure(err error) (Failure, string) {
	s := err.Error()
	for _, mark := range []string{"malformed HTTP", "malformed MIME header", "malformed chunked encoding", "invalid byte in chunk length",
		"server response headers exceeded", "unsupported transfer encoding", "bad Content-Length", "invalid Location", "failed to parse Location",
		"transport connection broken", "chunk length too large", "trailer header", "invalid header field", "HTTP response to HTTPS client",
		"too many transfer encodings", "Unsolicited response", "http2"} {
		if strings.Contains(s, mark) {
			return FailProtocol, mark
		}
	}
	var u *url.Error
	if errors.As(err, &u) { // its text begins with the address
		err = u.Err
	}
	return FailNetwork, redactText(err.Error())
}
