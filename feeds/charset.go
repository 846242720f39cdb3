package feeds

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// proofOfUTF8 is how many non-ASCII bytes a document must hold before being valid UTF-8 outweighs a
// declared double-byte charset: by chance, two bytes of Chinese in GBK are valid UTF-8 once in
// eight times, 24 bytes never.
const proofOfUTF8 = 24

// UTF8 gives a feed or a page as valid UTF-8 without a byte order mark. contentType is the header that
// it came with, or "". What the bytes prove (a mark,
// the NULs of UTF-16, valid UTF-8) goes before what the header says, and that before what the
// document says of itself, because servers and templates are wrong more often than bytes. A byte
// that fits nowhere is read as Windows-1252, which is what a stray byte in a feed is.
func UTF8(doc []byte, contentType string) []byte {
	if enc, mark := wideEncoding(doc); enc != nil {
		return decodeWith(enc, doc[mark:])
	}
	doc = bytes.TrimPrefix(doc, []byte("\xef\xbb\xbf"))
	label := headerCharset(contentType)
	if encodingOf(label) == nil {
		label = declaredCharset(doc)
	}
	enc := encodingOf(label)
	if enc == nil || enc == unicode.UTF8 || provesUTF8(doc, enc) {
		return repairUTF8(doc)
	}
	return decodeWith(enc, doc)
}

// wideEncoding tells UTF-16 and UTF-32 by their byte order mark, or by where the NULs of a first
// "<" or "{" stand. mark is the length of the byte order mark.
func wideEncoding(doc []byte) (enc encoding.Encoding, mark int) {
	for _, w := range []struct {
		sign string
		mark int
		enc  encoding.Encoding
	}{
		{"\xff\xfe\x00\x00", 4, utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
		{"\x00\x00\xfe\xff", 4, utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
		{"\xff\xfe", 2, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"\xfe\xff", 2, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"<\x00\x00\x00", 0, utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
		{"\x00\x00\x00<", 0, utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
		{"<\x00", 0, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"\x00<", 0, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"{\x00", 0, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"\x00{", 0, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
	} {
		if bytes.HasPrefix(doc, []byte(w.sign)) {
			return w.enc, w.mark
		}
	}
	return nil, 0
}

func decodeWith(enc encoding.Encoding, doc []byte) []byte {
	out, err := enc.NewDecoder().Bytes(doc)
	if err != nil {
		return repairUTF8(doc)
	}
	return bytes.TrimPrefix(repairUTF8(out), []byte("\xef\xbb\xbf"))
}

// headerCharset reads the charset parameter of a Content-Type header.
func headerCharset(contentType string) string {
	if contentType == "" {
		return ""
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return strings.Trim(params["charset"], `'" `)
}

// declaredCharset reads encoding="…" from an XML declaration or charset=… from an HTML page's
// first KB. An XML declaration in EBCDIC is told by its first bytes.
func declaredCharset(doc []byte) string {
	if bytes.HasPrefix(doc, []byte("\x4c\x6f\xa7\x94")) {
		return "ibm037"
	}
	head := doc[:min(len(doc), 1024)]
	key := []byte("charset")
	if i := bytes.Index(head, []byte("<?xml")); i >= 0 {
		end := bytes.Index(head[i:], []byte("?>"))
		if end < 0 {
			return ""
		}
		head, key = head[i:i+end], []byte("encoding")
	}
	i := bytes.Index(bytes.ToLower(head), key)
	if i < 0 {
		return ""
	}
	rest := bytes.TrimLeft(head[i+len(key):], " \t\r\n")
	if len(rest) == 0 || rest[0] != '=' {
		return ""
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n'\"")
	if end := bytes.IndexAny(rest, " \t\r\n'\"/>;"); end >= 0 {
		rest = rest[:end]
	}
	return string(rest)
}

// encodingOf finds the encoding of a label that can describe a document whose first bytes are
// ASCII or EBCDIC. It gives nil for an unknown label and for the wide encodings: a document that
// can be read so far is not in them, whatever it says.
func encodingOf(label string) encoding.Encoding {
	label = strings.ToLower(strings.TrimSpace(label))
	switch {
	case label == "":
		return nil
	case label == "utf-8", label == "utf8":
		return unicode.UTF8
	case label == "ibm037", label == "cp037":
		return charmap.CodePage037
	case label == "hz-gb-2312":
		return simplifiedchinese.HZGB2312
	case strings.HasPrefix(label, "utf-16"), strings.HasPrefix(label, "utf-32"),
		strings.HasPrefix(label, "ucs-"), strings.HasPrefix(label, "iso-10646"), label == "unicode":
		return nil
	}
	if enc, err := htmlindex.Get(label); err == nil && enc != encoding.Replacement {
		return enc
	}
	if rest, ok := strings.CutPrefix(label, "cp"); ok {
		label = "ibm" + rest
	}
	if enc, err := ianaindex.IANA.Encoding(label); err == nil && enc != nil {
		return enc
	}
	return nil
}

func isSingleByte(enc encoding.Encoding) bool {
	_, ok := enc.(*charmap.Charmap)
	return ok && enc != charmap.CodePage037
}

// provesUTF8 tells a document that is in UTF-8 although it declares another encoding.
func provesUTF8(doc []byte, declared encoding.Encoding) bool {
	high := 0
	for _, b := range doc {
		if b >= utf8.RuneSelf {
			high++
		}
	}
	enough := 1
	if !isSingleByte(declared) {
		enough = proofOfUTF8
	}
	return high >= enough && utf8.Valid(doc)
}

// repairUTF8 gives valid UTF-8 as it is, and otherwise reads each byte that is not part of it as
// Windows-1252: one Latin-1 byte must not cost a feed.
func repairUTF8(doc []byte) []byte {
	if utf8.Valid(doc) {
		return doc
	}
	out := make([]byte, 0, len(doc)+len(doc)/8)
	for len(doc) > 0 {
		r, size := utf8.DecodeRune(doc)
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(doc[0])
		}
		out = utf8.AppendRune(out, r)
		doc = doc[size:]
	}
	return out
}
