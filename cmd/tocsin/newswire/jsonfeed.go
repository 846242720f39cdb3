package newswire

import (
	"encoding/json"
	"fmt"
)

// jsonFeed and its parts are JSON Feed 1.1, https://www.jsonfeed.org/version/1.1/.
type jsonFeed struct {
	Version     string     `json:"version"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Home        string     `json:"home_page_url"`
	Self        string     `json:"feed_url"`
	Language    string     `json:"language"`
	Items       []jsonItem `json:"items"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	Title     string       `json:"title"`
	Summary   string       `json:"summary,omitempty"`
	HTML      string       `json:"content_html"`
	Image     string       `json:"image,omitempty"`
	Published string       `json:"date_published"`
	Modified  string       `json:"date_modified,omitempty"`
	Authors   []jsonAuthor `json:"authors,omitempty"`
	Tags      []string     `json:"tags,omitempty"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

func (d document) json(w *writer) {
	f := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: d.Title, Description: d.Tagline,
		Home: d.home, Self: d.self, Language: d.Language, Items: []jsonItem{},
	}
	for _, e := range d.entries {
		it := jsonItem{
			ID: e.ID, URL: e.url, Title: e.Title, HTML: string(e.html), Image: e.picture, Tags: e.Tags,
			Published: d.stamp(e.Published),
		}
		if d.FullText {
			it.Summary = e.Teaser
		}
		if e.Byline != "" {
			it.Authors = []jsonAuthor{{e.Byline}}
		}
		if !e.Updated.IsZero() {
			it.Modified = d.stamp(e.Updated)
		}
		f.Items = append(f.Items, it)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(f); err != nil {
		panic(fmt.Sprintf("newswire: %s: %v", d.Name, err))
	}
}
