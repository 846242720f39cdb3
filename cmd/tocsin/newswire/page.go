package newswire

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// page is what there is to show of an article, or of an outlet's front page.
type page struct {
	*outlet
	home     string // where the outlet's pages are, without a slash at the end
	item     Item   // zero on the front page
	first    string // the first paragraph, with its dateline
	rest     []string
	others   []link // what else the outlet has published, newest first
	modified time.Time
}

type link struct {
	title, url string
}

func (o *outlet) renderPage(home string, it Item, items []Item, modified time.Time) []byte {
	p := page{outlet: o, home: home, item: it, modified: modified}
	for _, other := range items {
		if other.ID != it.ID {
			p.others = append(p.others, link{other.Title, home + other.Path})
		}
	}
	layout := "front"
	if it.ID != "" {
		layout = o.Layout
		p.first, p.rest = opening(it)
	}
	var w writer
	p.head(&w)
	w.add("<body>\n")
	switch layout {
	case "front":
		p.front(&w)
	case "classic":
		p.classic(&w)
	case "modern":
		p.modern(&w)
	case "plain":
		p.plain(&w)
	default:
		panic("newswire: no layout is called " + layout)
	}
	w.add("</body>\n</html>\n")
	return o.encode(w.Bytes())
}

// opening cuts an article into its first paragraph, behind the dateline, and the rest.
func opening(it Item) (first string, rest []string) {
	paragraphs := strings.Split(it.Text, "\n\n")
	first = paragraphs[0]
	if it.Dateline != "" {
		first = it.Dateline + " " + first
	}
	return first, paragraphs[1:]
}

func (p page) head(w *writer) {
	title := p.Title
	if p.item.ID != "" {
		title = p.item.Title + " | " + title
	}
	w.add(`<!DOCTYPE html>
<html lang="%s" dir="%s">
<head>
<meta charset="%s">
<title>%s</title>
<meta property="og:site_name" content="%s">
`, p.Language, p.words.Dir, p.Charset, title, p.Title)
	if p.item.ID != "" {
		p.headOfArticle(w)
	}
	w.add(`<link rel="alternate" type="%s" href="%s">
</head>
`, p.MediaType(), p.feed(p.home).URL)
}

func (p page) headOfArticle(w *writer) {
	it := p.item
	w.add(`<meta name="description" content="%s">
<meta property="og:type" content="article">
<meta property="og:title" content="%s">
<meta property="og:url" content="%s">
<meta property="article:published_time" content="%s">
`, it.Teaser, it.Title, p.url(), p.stamp(it.Published))
	if !it.Updated.IsZero() {
		w.add("<meta property=\"article:modified_time\" content=\"%s\">\n", p.stamp(it.Updated))
	}
	if it.Byline != "" {
		w.add("<meta name=\"author\" content=\"%s\">\n", it.Byline)
	}
	w.add(`<link rel="canonical" href="%s">
<script type="application/ld+json">
{"@context": "https://schema.org", "@type": "NewsArticle", "headline": %s, "datePublished": %s, "publisher": {"@type": "Organization", "name": %s}}
</script>
<style>.ad-slot, .cookie-banner { color: #666; font: 12px sans-serif }</style>
<script>window.consent = window.consent || []; window.consent.push("ads");</script>
`, p.url(), quoteJSON(it.Title), quoteJSON(p.stamp(it.Published)), quoteJSON(p.Title))
}

// quoteJSON gives a text as it stands in a script, which no text can end: JSON writes < as \u003c.
func quoteJSON(text string) markup {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(fmt.Sprintf("newswire: %q: %v", text, err)) // no string fails
	}
	return markup(quoted)
}

func (p page) front(w *writer) {
	w.add(`<header><h1>%s</h1><p>%s</p><nav>%s</nav></header>
<main>`, p.Title, p.Tagline, p.menu())
	for _, l := range p.others {
		w.add("<h2><a href=\"%s\">%s</a></h2>\n", l.url, l.title)
	}
	w.add(`</main>
<footer>%s</footer>
`, p.footer())
}

// classic is a blog's theme of the kind that a million sites share.
func (p page) classic(w *writer) {
	it, words := p.item, p.words
	w.add(`<div id="wrapper">
<div id="topbar"><a href="#content">%s</a> <form action="#"><input name="s" placeholder="%s"></form></div>
`, words.Skip, words.Search)
	w.add(`<div id="header"><div id="logo"><a href="%s/">%s</a></div><div id="slogan">%s</div></div>
`, p.home, p.Title, p.Tagline)
	w.add(`<div id="navigation" class="menu">%s</div>
<div id="content" class="hentry post">
<div class="breadcrumbs"><a href="%s/">%s</a> &raquo; %s</div>
<h1 class="entry-title">%s</h1>
`, p.menu(), p.home, p.Title, p.Menu[1], it.Title)
	w.add(`<div class="entry-meta">%s %s`, words.Posted[0], p.clock(it.Published))
	if it.Byline != "" {
		w.add(" · %s %s", words.By, it.Byline)
	}
	if !it.Updated.IsZero() {
		w.add(" · %s %s", words.Changed, p.clock(it.Updated))
	}
	w.add(`</div>
<div class="sharedaddy share-buttons">%s</div>
<div class="entry-content">
`, each(`<a class="share" href="#">%s</a> `, words.Share))
	if it.Caption != "" {
		w.add(`<div class="wp-caption"><img src="%s" alt=""><p class="wp-caption-text">%s</p></div>
`, it.picture(p.home), it.Caption)
	}
	w.add("<p>%s</p>\n", p.first)
	for i, paragraph := range p.rest {
		w.add("<p>%s</p>\n", paragraph)
		if i == 0 && len(p.rest) > 1 {
			w.add("<div class=\"advertisement ad\"><p>%s</p></div>\n", words.Advert[0])
		}
		if i == 2 && len(p.others) > 0 {
			w.add(`<p class="read-also"><strong>%s <a href="%s">%s</a></strong></p>
`, words.ReadAlso[0], p.others[0].url, p.others[0].title)
		}
	}
	w.add(`<div class="newsletter widget"><p>%s</p><a class="button" href="#">%s</a></div>
</div>
`, words.Signup[0], words.Button[0])
	w.add(`<div class="tags">%s</div>
<div class="related-posts"><h3>%s</h3>%s</div>
<div id="comments" class="comment-respond"><p>%s</p></div>
</div>
`, each(`<a rel="tag" href="#">%s</a> `, it.Tags), words.Related[0], p.links(4), words.Comments[0])
	w.add(`<div id="sidebar"><div class="widget popular"><h3>%s</h3>%s</div></div>
<div id="footer">%s</div>
</div>
<div id="cookie-notice"><span>%s</span> <a href="#">%s</a></div>
`, words.Popular[0], p.links(6), p.footer(), words.Cookie[0], words.Accept[0])
}

// modern has HTML 5's elements for what they are meant for.
func (p page) modern(w *writer) {
	it, words := p.item, p.words
	w.add(`<a class="skip-link" href="#main">%s</a>
<div class="cookie-banner" role="dialog"><p>%s</p><button>%s</button></div>
`, words.Skip, words.Cookie[0], words.Accept[0])
	w.add(`<header class="site-header">
<a class="logo" href="%s/">%s</a><span class="tagline">%s</span>
<nav aria-label="main">%s</nav>
<form role="search"><label>%s <input type="search" name="q"></label></form>
</header>
`, p.home, p.Title, p.Tagline, p.menu(), words.Search)
	w.add(`<main id="main">
<article class="article">
<h1>%s</h1>
<div class="article-meta">
`, it.Title)
	if it.Byline != "" {
		w.add(`<p class="byline">%s <span class="author">%s</span></p>
`, words.By, it.Byline)
	}
	w.add(`<p class="timestamp"><time datetime="%s">%s %s</time>`, p.stamp(it.Published), words.Posted[0], p.clock(it.Published))
	if !it.Updated.IsZero() {
		w.add(` · <time datetime="%s">%s %s</time>`, p.stamp(it.Updated), words.Changed, p.clock(it.Updated))
	}
	w.add(`</p>
<ul class="share-tools">%s</ul>
</div>
`, each(`<li><a href="#">%s</a></li>`, words.Share))
	if it.Caption != "" {
		w.add(`<figure class="lead-image"><img src="%s" alt=""><figcaption>%s</figcaption></figure>
`, it.picture(p.home), it.Caption)
	}
	w.add("<div class=\"article-body\">\n<p>%s</p>\n", p.first)
	for i, paragraph := range p.rest {
		w.add("<p>%s</p>\n", paragraph)
		if i == 1 {
			w.add(`<div class="ad-slot" aria-hidden="true"><span class="ad-label">%s</span></div>
`, words.Advert[0])
		}
	}
	w.add(`</div>
<aside class="newsletter-signup"><p>%s</p><button>%s</button></aside>
</article>
`, words.Signup[0], words.Button[0])
	w.add(`<aside class="related"><h2>%s</h2>%s</aside>
<section class="comments" id="comments"><p class="comment-policy">%s</p></section>
</main>
`, words.Related[0], p.links(4), words.Comments[0])
	w.add(`<aside class="sidebar most-read"><h2>%s</h2>%s</aside>
<footer class="site-footer">%s</footer>
`, words.Popular[0], p.links(6), p.footer())
}

// plain is a page from before all that, with a table at its top.
func (p page) plain(w *writer) {
	it, words := p.item, p.words
	w.add(`<table width="100%%" class="masthead"><tr><td><a href="%s/">%s</a></td><td>%s</td></tr></table>
`, p.home, p.Title, p.Tagline)
	w.add(`<div class="nav">%s<p>%s</p></div>
<div class="cookies"><p>%s <a href="#">%s</a></p></div>
`, p.menu(), words.Search, words.Cookie[0], words.Accept[0])
	w.add(`<div class="story">
<h2>%s</h2>
<p class="byline">`, it.Title)
	if it.Byline != "" {
		w.add("%s %s | ", words.By, it.Byline)
	}
	w.add("%s %s", words.Posted[0], p.clock(it.Published))
	if !it.Updated.IsZero() {
		w.add(" | %s %s", words.Changed, p.clock(it.Updated))
	}
	w.add("</p>\n<p>%s</p>\n", p.first)
	if it.Caption != "" {
		w.add(`<p class="photo"><img src="%s" alt=""><br><em class="caption">%s</em></p>
`, it.picture(p.home), it.Caption)
	}
	for i, paragraph := range p.rest {
		w.add("<p>%s</p>\n", paragraph)
		if i == 1 {
			w.add("<p class=\"ad\">%s</p>\n", words.Advert[0])
		}
	}
	w.add(`</div>
<div class="social">%s</div>
<div class="promo"><p>%s</p><p><a href="#">%s</a></p></div>
`, each(`<a href="#">%s</a> | `, words.Share), words.Signup[0], words.Button[0])
	w.add(`<div class="more"><h4>%s</h4>%s</div>
<div class="more"><h4>%s</h4>%s</div>
`, words.Related[0], p.links(3), words.Popular[0], p.links(5))
	w.add(`<div class="comments"><p>%s</p></div>
<div class="foot">%s</div>
`, words.Comments[0], p.footer())
}

func (p page) menu() markup {
	return fill("<ul>%s</ul>", each(`<li><a href="#">%s</a></li>`, p.Menu))
}

// links lists up to n of what else there is, for a box beside the article.
func (p page) links(n int) markup {
	var w writer
	for _, l := range p.others[:min(n, len(p.others))] {
		w.add(`<li><a href="%s">%s</a></li>`, l.url, l.title)
	}
	return fill("<ul>%s</ul>", w.markup())
}

func (p page) footer() markup {
	return fill(`<ul>%s</ul>
<p class="copyright">© %s %s. %s</p>`,
		each(`<li><a href="#">%s</a></li>`, p.words.Footer), p.modified.Format("2006"), p.Title, p.words.Rights)
}

// url is the address of the page's article.
func (p page) url() string { return p.home + p.item.Path }
