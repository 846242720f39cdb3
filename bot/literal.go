package bot

import (
	"strings"
	"unicode"
)

// maxLiteral bounds what is looked at of one text, in bytes: every platform cuts earlier.
const maxLiteral = 64 << 10

// Literal makes s safe to show as a literal text: valid UTF-8 without control characters and without
// marks that turn the direction of what follows. Line breaks stay where lines is set, else they are
// blanks. A platform breaks and escapes what it acts upon itself.
func Literal(s string, lines bool) string {
	if len(s) > maxLiteral {
		s = s[:maxLiteral]
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' || r == '\v' || r == '\f':
			if lines {
				return '\n'
			}
			return ' '
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff',
			r >= 0xE0000 && r <= 0xE007F, r >= '\ufff9' && r <= '\ufffb':
			return -1
		}
		return r
	}, s)
}
