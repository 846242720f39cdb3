package newswire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
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

func (d document) json() []byte {
	f := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: d.Outlet.Title, Description: d.Outlet.Tagline,
		Home: d.Home, Self: d.Self, Language: d.Outlet.Language, Items: []jsonItem{},
	}
	for _, e := range d.Entries {
		it := jsonItem{
			ID: e.ID, URL: e.URL, Title: e.Title, HTML: e.HTML, Image: e.Picture, Tags: e.Tags,
			Published: d.RFC3339(e.Published),
		}
		if d.Outlet.FullText {
			it.Summary = e.Teaser
		}
		if e.Byline != "" {
			it.Authors = []jsonAuthor{{e.Byline}}
		}
		if !e.Updated.IsZero() {
			it.Modified = e.Updated.In(d.Outlet.zone).Format(time.RFC3339)
		}
		f.Items = append(f.Items, it)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(f); err != nil {
		panic(fmt.Sprintf("newswire: %s: %v", d.Outlet.Name, err))
	}
	return b.Bytes()
}
