package query

import (
	"strconv"
	"strings"
)

func (p *parser) scope() (Node, error) {
	tok := p.tok
	field, ok := fieldNamed(tok.text)
	if !ok {
		return nil, p.unexpected("a field: title, lead, body, author, tag, source, url or lang", suggestField(tok.text))
	}
	if p.field != Anywhere {
		return nil, p.unexpected("no field inside "+p.field.String()+":", "a word stands in one field")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokNot {
		return nil, p.unexpected("a word or a parenthesis after "+tok.text+":", "write -"+tok.text+":… to exclude")
	}
	p.field = field
	n, err := p.operand()
	p.field = Anywhere
	if err != nil {
		return nil, err
	}
	if field == Lang {
		if bad := badLanguage(n); bad != "" {
			return nil, &SyntaxError{Offset: tok.start, Got: bad, Expected: "a language tag such as en or pt-BR", Hint: "lang:(en OR fr) takes several"}
		}
	}
	return &Scope{field, n}, nil
}

func fieldNamed(name string) (Field, bool) {
	if name == "text" { // as the item calls it
		return Body, true
	}
	for f := Title; f <= Lang; f++ {
		if fieldNames[f] == name {
			return f, true
		}
	}
	return Anywhere, false
}

var fieldAliases = map[string]Field{
	"headline": Title, "intro": Lead, "language": Lang, "site": Source, "feed": Source, "outlet": Source,
	"link": URL, "category": Tag, "tags": Tag, "by": Author, "byline": Author, "authors": Author, "content": Body,
}

func suggestField(name string) string {
	if f, ok := fieldAliases[name]; ok {
		return "did you mean " + f.String() + ":?"
	}
	for f := Title; f <= Lang; f++ {
		if len(name) > 2 && name[:2] == fieldNames[f][:2] {
			return "did you mean " + f.String() + ":?"
		}
	}
	return "put the word in quotes if the colon belongs to it"
}

// badLanguage gives what in a lang: scope is not a language tag.
func badLanguage(n Node) string {
	switch n := n.(type) {
	case *Term:
		if _, ok := languageTag(n.Text); ok && n.Mark == Inflected {
			return ""
		}
	case *Or:
		for _, c := range n.Nodes {
			if bad := badLanguage(c); bad != "" {
				return bad
			}
		}
		return ""
	}
	return strconv.Quote(Format(n))
}

// languageTag gives a BCP 47 tag in lower case.
func languageTag(s string) (string, bool) {
	s = strings.ToLower(s)
	for i, part := range strings.Split(s, "-") {
		if len(part) < 1 || len(part) > 8 || (i == 0 && (len(part) < 2 || len(part) > 3)) {
			return "", false
		}
		for j := 0; j < len(part); j++ {
			if c := part[j]; (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
				return "", false
			}
		}
	}
	return s, true
}
