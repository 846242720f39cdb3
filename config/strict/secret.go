package strict

import (
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
)

// Secret is a token or password. It comes from the key itself, from the file that key_file names,
// or from the environment, which overrides both. Whatever prints it prints [secret].
type Secret struct{ value string }

// NewSecret makes a secret of a value that came from elsewhere.
func NewSecret(value string) Secret { return Secret{strings.TrimSpace(value)} }

// Reveal gives the value, for the one place that needs it. Empty when none was given.
func (s Secret) Reveal() string { return s.value }

// Given tells whether there is a value.
func (s Secret) Given() bool { return s.value != "" }

func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return "[secret]"
}

// GoString keeps %#v from printing the value.
func (s Secret) GoString() string { return fmt.Sprintf("strict.Secret(%q)", s.String()) }

// MarshalText keeps encoders from writing the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue keeps the log from holding the value.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

const maxSecret = 64 << 10

// secret reads a secret from the environment, the key or its file.
func (n *Node) secret(f field, inline, file *Node) Secret {
	env := n.doc.envName(inline.path)
	fromEnv := "or set " + env
	if n.doc.Env == nil || env == "" {
		fromEnv, env = "", ""
	}
	if inline.Kind() != Missing && file != nil && file.Kind() != Missing {
		file.Fail(fmt.Sprintf("%s and %s_file are both given", f.key, f.key), "keep one")
		return Secret{}
	}
	if env != "" {
		if value, set := n.doc.Env(env); set {
			return n.fromEnv(env, value)
		}
	}
	switch {
	case file != nil && file.Kind() != Missing:
		return file.secretFile(f.key)
	case inline.Kind() == Missing:
		if f.lim.required {
			inline.Fail(f.key+" is missing", strings.Trim(fmt.Sprintf("give %s_file: PATH %s", f.key, fromEnv), " "))
		}
		return Secret{}
	case !inline.want(Scalar):
		return Secret{}
	}
	return inline.checkSecret(f.key, inline.Text())
}

func (n *Node) fromEnv(name, value string) Secret {
	if strings.TrimSpace(value) == "" {
		n.Fail(fmt.Sprintf("the environment variable %s is set but empty", name), "give it the value, or unset it")
		return Secret{}
	}
	return n.checkSecret("the environment variable "+name, value)
}

func (n *Node) secretFile(key string) Secret {
	if !n.want(Scalar) {
		return Secret{}
	}
	path := beside(n.doc.file, n.Text())
	data, err := readRegular(path, maxSecret)
	if err != nil {
		n.Fail(fmt.Sprintf("%s: %s %s", key+"_file", quote(path), err), readHint(err))
		return Secret{}
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o044 != 0 {
		n.Warn(fmt.Sprintf("%s can be read by every user of this machine", quote(path)), "chmod 600 it")
	}
	if strings.TrimSpace(string(data)) == "" {
		n.Fail(fmt.Sprintf("%s: %s is empty", key+"_file", quote(path)), "")
		return Secret{}
	}
	return n.checkSecret(fmt.Sprintf("%s: %s", key+"_file", quote(path)), string(data))
}

// placeholder matches what sample files have in the place of a secret.
var placeholder = regexp.MustCompile(`(?i)\.\.\.|…|^<.*>$|^\$\{?\w+\}?$|change.?me|your.|replace|example|placeholder|^x+$|xxxx|^todo$|^secret$|^token$|^password$`)

// checkSecret trims a value and refuses what cannot be one, without printing it.
func (n *Node) checkSecret(what, value string) Secret {
	value = strings.TrimSpace(value)
	switch {
	case placeholder.MatchString(value):
		n.Fail(what+" holds a placeholder", "put the real value in its place")
		return Secret{}
	case strings.ContainsAny(value, "\n\r\x00"):
		n.Fail(what+" holds more than one line", "")
		return Secret{}
	}
	return Secret{value}
}

// envName is the variable for the key at path. Empty below a list, whose entries have no name.
func (d *document) envName(path []string) string {
	prefix := d.EnvPrefix
	if prefix == "" {
		prefix = "TOCSIN"
	}
	for _, key := range path {
		if key == "*" {
			return ""
		}
		prefix += "_" + regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(key, "_")
	}
	return strings.ToUpper(prefix)
}
