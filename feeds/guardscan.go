package feeds

import "bytes"

// attribute is one attribute of a start tag, its value not yet decoded.
type attribute struct {
	name  string
	value []byte
}

// readTag reads the start tag at g.pos and goes behind it. ok is false when it never ends.
func (g *guard) readTag() (name string, attrs []attribute, closed, ok bool) {
	s, i := g.src, g.pos+1
	start := i
	for i < len(s) && !isSpace(s[i]) && s[i] != '>' && s[i] != '/' && s[i] != '<' {
		i++
	}
	name = string(s[start:i])
	for {
		for i < len(s) && (isSpace(s[i]) || s[i] == '/') {
			i++
		}
		if i >= len(s) {
			return name, nil, false, false
		}
		if s[i] == '>' || s[i] == '<' {
			closed = s[i-1] == '/'
			if s[i] == '>' {
				i++
			}
			g.pos = i
			return name, attrs, closed, true
		}
		var a attribute
		a, i = readAttribute(s, i)
		if len(attrs) <= maxAttrs {
			attrs = append(attrs, a)
		}
	}
}

// readAttribute reads name, name=value, name='value' or name="value" and gives the offset behind.
func readAttribute(s []byte, i int) (attribute, int) {
	start := i
	for i < len(s) && !isSpace(s[i]) && s[i] != '=' && s[i] != '>' && s[i] != '<' && (s[i] != '/' || i == start) {
		i++
	}
	if i == start { // "=" without a name
		i++
	}
	a := attribute{name: string(s[start:i])}
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	if i >= len(s) || s[i] != '=' {
		return a, i
	}
	for i++; i < len(s) && isSpace(s[i]); i++ {
	}
	if i >= len(s) {
		return a, i
	}
	if q := s[i]; q == '"' || q == '\'' {
		end := bytes.IndexByte(s[i+1:], q)
		if end < 0 {
			return a, len(s)
		}
		a.value = s[i+1 : i+1+end]
		return a, i + end + 2
	}
	start = i
	for i < len(s) && !isSpace(s[i]) && s[i] != '>' {
		i++
	}
	a.value = s[start:i]
	return a, i
}

func hasAttribute(attrs []attribute, name string) bool {
	for _, a := range attrs {
		if a.name == name {
			return true
		}
	}
	return false
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

func isNameStart(b byte) bool {
	return b == '_' || b == ':' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b >= 0x80
}

// isName tells the names that every XML parser takes: ASCII, with at most one colon inside.
func isName(s string) bool {
	colons := 0
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_':
		case b >= '0' && b <= '9', b == '-', b == '.':
			if i == 0 || s[i-1] == ':' {
				return false
			}
		case b == ':' && i > 0 && i < len(s)-1:
			colons++
		default:
			return false
		}
	}
	return s != "" && colons < 2
}
