package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

const (
	longestAnswer = 64 << 10 // of the whole response, in bytes: three sentences are 1 KiB
	longestTokens = 400
)

// api is how one family of endpoints is asked.
type api struct {
	url, path string
	body      func(model string, p prompt, bare bool) any // bare leaves out what newer models refuse
	key       func(h http.Header, key string)
	text      func(answer []byte) (string, error)
}

var apis = map[string]api{
	"openai": {
		url: "https://api.openai.com/v1", path: "/chat/completions",
		body: func(model string, p prompt, bare bool) any {
			body := map[string]any{
				"model": model, "stream": false,
				"messages": []message{{"system", p.system}, {"user", p.user}},
			}
			if !bare {
				body["temperature"], body["max_tokens"] = 0, longestTokens
			}
			return body
		},
		key: func(h http.Header, key string) { h.Set("Authorization", "Bearer "+key) },
		text: func(answer []byte) (string, error) {
			var a struct {
				Choices []struct{ Message message }
			}
			if err := json.Unmarshal(answer, &a); err != nil {
				return "", err
			}
			if len(a.Choices) == 0 {
				return "", errors.New("the answer has no choices")
			}
			return a.Choices[0].Message.Content, nil
		},
	},
	"anthropic": {
		url: "https://api.anthropic.com/v1", path: "/messages",
		body: func(model string, p prompt, bare bool) any {
			return map[string]any{
				"model": model, "max_tokens": longestTokens,
				"system": p.system, "messages": []message{{"user", p.user}},
			}
		},
		key: func(h http.Header, key string) {
			h.Set("X-Api-Key", key)
		},
		text: func(answer []byte) (string, error) {
			var a struct {
				Content []struct{ Type, Text string }
			}
			if err := json.Unmarshal(answer, &a); err != nil {
				return "", err
			}
			var b strings.Builder
			for _, c := range a.Content {
				if c.Type == "text" {
					b.WriteString(c.Text)
				}
			}
			return b.String(), nil
		},
	},
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// call asks the model once, and once more without the settings that some models answer with "400
// Bad Request".
func (e *Engine) call(ctx context.Context, p prompt) (string, error) {
	answer, status, err := e.post(ctx, e.api.body(e.opt.Model, p, false))
	if err == nil && status == http.StatusBadRequest {
		answer, status, err = e.post(ctx, e.api.body(e.opt.Model, p, true))
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("ask the model: %w", err)
	case status != http.StatusOK:
		return "", fmt.Errorf("the model's endpoint answered %d %s", status, http.StatusText(status))
	}
	said, err := e.api.text(answer)
	if err != nil {
		return "", fmt.Errorf("the model's answer cannot be read: %w", err)
	}
	return said, nil
}

// post makes one request. Its errors never hold the key nor the answer's text.
func (e *Engine) post(ctx context.Context, value any) (answer []byte, status int, err error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(e.opt.URL, "/")+e.api.path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if e.opt.Key != "" {
		e.api.key(req.Header, e.opt.Key)
	}
	if e.opt.API == "anthropic" {
		req.Header.Set("Anthropic-Version", "2023-06-01")
	}
	resp, err := e.opt.Client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, longestAnswer+1))
	if err == nil && len(answer) > longestAnswer {
		err = fmt.Errorf("the answer is larger than %d KiB", longestAnswer>>10)
	}
	return answer, resp.StatusCode, err
}

// checkURL wants an address that the articles, and the key if there is one, may be sent to.
func checkURL(s, key string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is no address of an endpoint (as in http://localhost:11434/v1)", s)
	}
	if u.User != nil {
		return errors.New("the address holds a password (give it as the key)")
	}
	if u.Scheme == "http" && key != "" && !isLoopback(u.Hostname()) {
		return fmt.Errorf("the key would go to %s in the clear (use https)", u.Host)
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
