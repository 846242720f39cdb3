package matrix

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

func TestSyncSurvivesWhateverTheServerAnswers(t *testing.T) {
	t.Parallel()
	body := func(status int, text string) func(http.ResponseWriter, func(http.ResponseWriter)) {
		return func(w http.ResponseWriter, _ func(http.ResponseWriter)) { w.WriteHeader(status); fmt.Fprint(w, text) }
	}
	for name, fault := range map[string]func(http.ResponseWriter, func(http.ResponseWriter)){
		"too fast": func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
			w.Header().Set("Retry-After", "7")
			refuse(w, 429, "M_LIMIT_EXCEEDED")
		},
		"proxy":              body(502, "<html>bad gateway</html>"),
		"cut":                body(200, `{"next_batch":"s9","rooms":{"join":{`),
		"no JSON":            body(200, `<html>log in</html>`),
		"no next place":      body(200, `{}`),
		"of the wrong types": body(200, `{"next_batch":7,"rooms":[]}`),
		"huge": func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
			w.Header().Set("Content-Length", "200000000")
			fmt.Fprint(w, `{"next_batch":"s9","x":"`)
			_ = http.NewResponseController(w).Flush()
		},
		"ended token": body(401, `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRounds(t, nil)
			before, err := r.memory.value(t.Context(), "since")
			if err != nil {
				t.Fatal(err)
			}
			r.s.said("!tocsin status", "")
			r.s.once("sync", fault)
			err = r.syncOnce(t.Context(), r.hear, true)
			if err == nil {
				t.Fatal("no error")
			}
			if send := sendError(err, false); name == "too fast" && send.After != 7*time.Second {
				t.Errorf("to wait %v: %v", send.After, err)
			}
			if after, err := r.memory.value(t.Context(), "since"); err != nil || after != before {
				t.Errorf("the place is %q, was %q (%v)", after, before, err)
			}
			r.sync()
			if len(r.said) != 1 || r.said[0].Text != "status" {
				t.Errorf("afterwards heard %+v", r.said)
			}
		})
	}
}

func TestServerThatAnswersTheSameAtOnceIsNotAskedInALoop(t *testing.T) {
	t.Parallel()
	r := newRounds(t, nil)
	place, err := r.memory.value(t.Context(), "since")
	if err != nil {
		t.Fatal(err)
	}
	r.s.once("sync", func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
		say(w, 200, map[string]any{"next_batch": place})
	})
	began := time.Now()
	if err := r.syncOnce(t.Context(), r.hear, false); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < idlePause {
		t.Errorf("asked again after %v", took)
	}
}

func TestOnlyThePlainBodyIsACommand(t *testing.T) {
	t.Parallel()
	r := newRounds(t, nil)
	html := func(body, formatted string) map[string]any {
		return map[string]any{"msgtype": "m.text", "body": body, "format": "org.matrix.custom.html", "formatted_body": formatted}
	}
	redacted := r.s.came(deskRoom, anna, "m.room.message", map[string]any{}) // what stands there after a redaction
	r.s.came(deskRoom, anna, "m.room.message", html("good morning", "!tocsin reload"))
	r.s.came(deskRoom, anna, "m.room.message", html("", "!tocsin reload"))
	r.s.came(deskRoom, anna, "m.room.message", html("I would not", "<mx-reply>!tocsin reload</mx-reply>I would not"))
	r.s.came(deskRoom, anna, "m.room.message", html("\u202e!tocsin reload", "x"))
	r.s.came(deskRoom, anna, "m.room.redaction", map[string]any{"redacts": redacted})
	r.s.came(deskRoom, anna, "m.room.message", html("!tocsin status", "!tocsin reload"))
	r.sync()
	if len(r.said) != 1 || r.said[0].Text != "status" || r.said[0].Kind != bot.ByCommand {
		t.Errorf("heard %+v", r.said)
	}
	for path := range r.s.asks {
		if strings.Contains(path, "media") {
			t.Errorf("asked for %s", path)
		}
	}
}
