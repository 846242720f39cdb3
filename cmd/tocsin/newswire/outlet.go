package newswire

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Format is the format of a feed.
type Format string

// The formats in which the outlets publish.
const (
	RSS  Format = "rss"  // RSS 2.0
	RDF  Format = "rdf"  // RSS 1.0
	Atom Format = "atom" // Atom 1.0
	JSON Format = "json" // JSON Feed 1.1
)

// Feed is one feed of the wire, as a configuration names it.
type Feed struct {
	Name     string // of the outlet: "karachi-ledger"
	Home     string // the outlet's front page, without a slash at the end; Truth.Path follows it
	URL      string
	Title    string // "The Karachi Ledger"
	Language string // BCP 47
	Format   Format
	Charset  string // of the feed and of the pages behind it: "utf-8"
	FullText bool   // false for a feed that only teases, so that the article is on the page alone
}

// outlet is an entry of furniture/outlets.yaml: an invented publisher with one feed.
type outlet struct {
	Name     string   `yaml:"name"`
	Host     string   `yaml:"host"`
	Title    string   `yaml:"title"`
	Tagline  string   `yaml:"tagline"`
	Language string   `yaml:"language"`
	Format   Format   `yaml:"format"`
	FullText bool     `yaml:"full_text"`
	Charset  string   `yaml:"charset"`
	Layout   string   `yaml:"layout"`
	Guid     string   `yaml:"guid"` // a pattern with {slug}, or with {number}, which is made of it
	Zone     string   `yaml:"zone"` // the outlet's clock, as "+05:00"
	Menu     []string `yaml:"menu"`

	words words // of its language
	zone  *time.Location
}

// words are the furniture of pages in one language. A list has the variants that outlets of the
// language take in turn.
type words struct {
	Dir      string   `yaml:"dir"`
	Skip     string   `yaml:"skip"`
	Search   string   `yaml:"search"`
	Cookie   []string `yaml:"cookie"`
	Accept   []string `yaml:"accept"`
	Advert   []string `yaml:"advert"`
	Signup   []string `yaml:"signup"`
	Button   []string `yaml:"button"`
	By       string   `yaml:"by"`
	Posted   []string `yaml:"posted"`
	Changed  string   `yaml:"changed"`
	Share    []string `yaml:"share"`
	ReadAlso []string `yaml:"read_also"`
	Related  []string `yaml:"related"`
	Popular  []string `yaml:"popular"`
	Comments []string `yaml:"comments"`
	Footer   []string `yaml:"footer"`
	Continue []string `yaml:"continue"` // under a teaser in a feed
	Appeared string   `yaml:"appeared"` // under a full text in a feed; {title} and {outlet} are links
	Rights   string   `yaml:"rights"`
}

func loadOutlets(fsys fs.FS) []*outlet {
	var outlets []*outlet
	mustYAML(fsys, "furniture/outlets.yaml", &outlets)
	turn := map[string]int{}
	for _, o := range outlets {
		mustYAML(fsys, "furniture/"+o.Language+".yaml", &o.words)
		o.words.pick(turn[o.Language])
		turn[o.Language]++

		clock, err := time.Parse("-07:00", o.Zone)
		if err != nil {
			panic(fmt.Sprintf("furniture/outlets.yaml: %s: %v", o.Name, err))
		}
		o.zone = clock.Location()
		if o.Charset == "" {
			o.Charset = "utf-8"
		}
	}
	return outlets
}

func mustYAML(fsys fs.FS, name string, into any) {
	f, err := fsys.Open(name)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
}

// pick rotates every list of variants so that the outlet's own comes first.
func (w *words) pick(turn int) {
	for _, list := range []*[]string{
		&w.Cookie, &w.Accept, &w.Advert, &w.Signup, &w.Button, &w.Posted,
		&w.ReadAlso, &w.Related, &w.Popular, &w.Comments, &w.Continue,
	} {
		if n := len(*list); n > 0 {
			*list = (*list)[turn%n:]
		}
	}
}

// id makes the guid of an item. It says nothing of the address where the wire happens to listen,
// so that a restart on another port does not make old items new.
func (o *outlet) id(slug string) string {
	sum := fnv.New32a()
	sum.Write([]byte(slug))
	number := strconv.Itoa(int(sum.Sum32() % 10_000_000))
	return strings.NewReplacer("{slug}", slug, "{number}", number).Replace(o.Guid)
}

// file is the last part of the feed's address.
func (o *outlet) file() string {
	switch o.Format {
	case Atom:
		return "atom.xml"
	case RDF:
		return "index.rdf"
	case JSON:
		return "feed.json"
	}
	return "rss.xml"
}

func (o *outlet) feed(home string) Feed {
	return Feed{
		Name: o.Name, Home: home, URL: home + "/" + o.file(), Title: o.Title,
		Language: o.Language, Format: o.Format, Charset: o.Charset, FullText: o.FullText,
	}
}

// clock writes a time as the outlet's readers see it.
func (o *outlet) clock(t time.Time) string { return t.In(o.zone).Format("02/01/2006 15:04") }

// stamp writes a time for machines, by the outlet's clock; rfc822 does so for RSS 2.0.
func (o *outlet) stamp(t time.Time) string  { return t.In(o.zone).Format(time.RFC3339) }
func (o *outlet) rfc822(t time.Time) string { return t.In(o.zone).Format(time.RFC1123Z) }

// encode turns a document into the outlet's charset; what that lacks becomes a character
// reference, as publishing systems do.
func (o *outlet) encode(doc []byte) []byte {
	var cm encoding.Encoding
	switch o.Charset {
	case "utf-8":
		return doc
	case "windows-1256":
		cm = charmap.Windows1256
	case "iso-8859-9":
		cm = charmap.ISO8859_9
	default:
		panic("newswire: no charset is called " + o.Charset)
	}
	out, err := encoding.HTMLEscapeUnsupported(cm.NewEncoder()).Bytes(doc)
	if err != nil {
		panic(fmt.Sprintf("newswire: encode %s: %v", o.Name, err))
	}
	return out
}
