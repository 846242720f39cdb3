package feeds

import "strings"

// startTag reads a start tag and decides what becomes of its element: copied, left out, or lifted
// out of the skeleton as prose.
func (g *guard) startTag() bool {
	name, attrs, closed, ok := g.readTag()
	if !ok {
		return false
	}
	local := strings.ToLower(name[strings.IndexByte(name, ':')+1:])
	if !g.started && !g.isRoot(local) {
		return true
	}
	if g.drop > 0 {
		if !closed {
			g.drop++
		}
		return true
	}
	item := g.isItem(name, local)
	if item {
		for height := g.inItem; height > 0 && len(g.stack) >= height; { // the end of the item before is missing
			g.pop()
		}
		if g.items == g.maxItems || g.elements >= maxElements {
			g.cut = true
			return true
		}
		g.items++
		g.inItem, g.perItem = len(g.stack)+1, 0
	}
	if !g.room(name) {
		if !closed {
			g.drop = 1
		}
		return true
	}
	switch {
	case local == "abstract" && g.invented > 0 && !closed: // what CDF calls a description
		return g.lift(name, "description", attrs)
	case isProse(name, local) && g.holdsProse():
		if !closed {
			return g.lift(name, name, attrs)
		}
		attrs = nil
	}
	g.open(name, local, attrs)
	if item {
		g.notes(attrs)
	}
	if g.invented > 0 && (item || local == "channel") {
		g.fromCDF(attrs)
	}
	if closed {
		g.pop()
	}
	return true
}

// isRoot begins the skeleton at the root of a feed. Whatever stands before it is junk.
func (g *guard) isRoot(local string) bool {
	switch local {
	case "rss", "rdf", "feed":
		g.started, g.root = true, local
	case "channel": // CDF, or RSS without its outer element
		g.started, g.root = true, "rss"
		g.open("rss", "rss", nil)
		g.invented = 1
	case "entry": // an Atom entry by itself
		g.started, g.root = true, "feed"
		g.open("feed", "feed", []attribute{{name: "xmlns", value: atomNamespace(nil)}})
		g.invented = 1
	case "html", "head", "body":
		g.web = true
	}
	return g.started
}

// declares tells whether the attribute declares the namespace of the element.
func declares(attr, element string) bool {
	prefix, _, prefixed := strings.Cut(element, ":")
	if !prefixed {
		return attr == "xmlns"
	}
	return attr == "xmlns:"+prefix
}

// atomNamespace gives the namespace under which gofeed knows Atom: feeds misspell it, and the
// drafts had others.
func atomNamespace(ns []byte) []byte {
	if string(ns) == "http://purl.org/atom/ns#" {
		return ns
	}
	return []byte("http://www.w3.org/2005/Atom")
}

// isItem tells the elements that are items: those with the name of the first, since modules have
// items of their own, inside.
func (g *guard) isItem(name, local string) bool {
	if g.itemName == "" && (local == "item" && g.root != "feed" || local == "entry" && g.root == "feed") {
		g.itemName = name
	}
	return g.itemName != "" && strings.EqualFold(name, g.itemName)
}

// room tells whether one more element is within the limits.
func (g *guard) room(name string) bool {
	if len(g.stack) >= maxDepth || !isName(name) {
		return false
	}
	count, limit := &g.outside, maxOutside
	if g.inItem > 0 {
		count, limit = &g.perItem, maxPerItem
	}
	if *count >= limit {
		return false
	}
	*count++
	g.elements++
	return true
}

// open writes a start tag and puts the element on the stack.
func (g *guard) open(name, local string, attrs []attribute) {
	e := element{name: name, local: local}
	g.out.WriteByte('<')
	g.out.WriteString(name)
	for i, a := range attrs {
		if i >= maxAttrs || !isName(a.name) || len(a.value) > maxAttrValue {
			continue
		}
		switch {
		case a.name == "xmlns", strings.HasPrefix(a.name, "xmlns:"):
			if g.bindings >= maxBindings {
				continue
			}
			if len(g.stack) == 0 && local == "feed" && declares(a.name, name) {
				a.value = atomNamespace(a.value)
			}
			g.bindings++
			e.bindings++
		case a.name == "xml:base":
			if g.bases >= maxBases || len(a.value) > maxBaseValue {
				continue
			}
			g.bases++
			e.bases++
		case a.name == "xml:lang" && len(g.stack) == 0:
			g.lang = string(a.value)
		}
		g.attribute(a)
	}
	if local == "link" && g.root == "feed" && !hasAttribute(attrs, "href") {
		e.link = g.out.Len()
	}
	g.out.WriteByte('>')
	if isDate(local) {
		e.date = g.out.Len()
	}
	g.stack = append(g.stack, e)
	g.leaf = 0
}

// fromCDF writes the two attributes that CDF has instead of elements as the elements of RSS.
func (g *guard) fromCDF(attrs []attribute) {
	for _, a := range attrs {
		switch strings.ToLower(a.name) {
		case "href":
			g.out.WriteString("<link>")
			writeEscaped(&g.out, g.entities.decode(string(a.value)))
			g.out.WriteString("</link>")
		case "lastmod":
			if t := parseDate(string(a.value)); !t.IsZero() {
				g.out.WriteString("<pubDate>" + t.Format(dateLayout) + "</pubDate>")
			}
		}
	}
}

func (g *guard) attribute(a attribute) {
	g.out.WriteString(" " + a.name + `="`)
	writeEscaped(&g.out, g.entities.decode(string(a.value)))
	g.out.WriteByte('"')
}

// notes writes the attributes of an item that gofeed does not show as extension elements, which it
// does.
func (g *guard) notes(attrs []attribute) {
	for _, a := range attrs {
		local := a.name[strings.LastIndexByte(a.name, ':')+1:]
		if a.name != "xml:lang" && local != "about" || len(a.value) > maxAttrValue {
			continue
		}
		g.out.WriteString("<tocsin:" + local + ` xmlns:tocsin="tocsin:">`)
		writeEscaped(&g.out, g.entities.decode(string(a.value)))
		g.out.WriteString("</tocsin:" + local + ">")
	}
}

// isDate tells the elements whose text is a date, in any of the vocabularies.
func isDate(local string) bool {
	switch local {
	case "pubdate", "lastbuilddate", "date", "updated", "published", "modified", "issued", "created":
		return true
	}
	return false
}
