package rules

import (
	"fmt"
	"time"

	"github.com/tocsin-bot/tocsin/config/strict"
)

// ruleFile is what a rule file may hold. The JSON Schema is made of it and of the types below.
type ruleFile struct {
	Defaults watchSettings               `yaml:"defaults" jsonschema_description:"What holds for the watches of this file that do not say otherwise."`
	Lists    strict.Map[listTerms]       `yaml:"lists" jsonschema_description:"Named lists of terms, used in queries as @name. A list may use another."`
	Entities strict.Map[entitySpec]      `yaml:"entities" jsonschema_description:"People, organisations and things in every spelling, used in queries as @name."`
	Watches  []strict.Located[watchSpec] `yaml:"watches" jsonschema_description:"The watches: what is looked for, and who is told."`
	Tests    []strict.Located[testSpec]  `yaml:"tests" jsonschema_description:"Tests that name their watch."`
}

// entityFile is a file in a folder called entities: one entity, named like the file, or several.
type entityFile struct {
	entitySpec `yaml:",inline"`
	Entities   strict.Map[entitySpec] `yaml:"entities" jsonschema_description:"Several entities in one file."`
}

// listTerms are the entries of a list, each words that stand together or a query.
type listTerms []strict.Located[string]

// DecodeStrict reads a list, or a single query.
func (l *listTerms) DecodeStrict(n *strict.Node) {
	if n.Kind() == strict.Scalar {
		var one strict.Located[string]
		n.Decode(&one)
		if len(splitTerms(one.Value)) > 1 {
			n.Warn("one entry that holds a comma", fmt.Sprintf("for several: [%s]", one.Value))
		}
		*l = listTerms{one}
		return
	}
	n.Decode((*[]strict.Located[string])(l))
}

// entitySpec is an entity as a file gives it.
type entitySpec struct {
	Description string    `yaml:"description" jsonschema_description:"Who or what it is."`
	Names       listTerms `yaml:"names" jsonschema_description:"Every spelling, in every script."`
	With        listTerms `yaml:"with" jsonschema_description:"Words of which one must stand in the same item. Leave out for a name that nothing else has."`
	Not         listTerms `yaml:"not" jsonschema_description:"Words of which none may stand in the same item."`
}

// watchSettings are what watches may share.
type watchSettings struct {
	Owner      string                   `yaml:"owner" jsonschema_description:"Who answers for the watch."`
	Priority   *PriorityRule            `yaml:"priority" jsonschema_description:"How loudly: low, normal, high or urgent, or a default with cases by role."`
	Notify     []strict.Located[string] `yaml:"notify" jsonschema_description:"Rooms to tell: slack:#desk, matrix:!id:server, console. The word default stands for what the watch would inherit."`
	Feeds      []strict.Located[string] `yaml:"feeds" jsonschema_description:"Names of feeds, or tags as tag:pakistan. Every feed when left out."`
	Languages  []strict.Located[string] `yaml:"languages" jsonschema_description:"BCP 47 tags such as en or pt-BR. Every language when left out."`
	Wait       *time.Duration           `yaml:"wait" strict:"max=24h" jsonschema_description:"How long to gather sources before the first alert: 10m. At once when left out."`
	Update     UpdatePolicy             `yaml:"update" jsonschema_description:"What becomes of later reports about a story that was told."`
	Summary    summarySpec              `yaml:"summary" jsonschema_description:"Who writes the summaries."`
	Mute       []MuteTime               `yaml:"mute" jsonschema_description:"Times in which alerts are held back."`
	Budget     Budget                   `yaml:"budget" jsonschema_description:"How many alerts in a while: 12/day. What goes beyond becomes a roll-up."`
	MinOrigins int                      `yaml:"min_origins" strict:"min=1,max=20" jsonschema:"minimum=1,maximum=20" jsonschema_description:"How many independent origins a story needs before it is told."`
}

// summarySpec says who writes summaries.
type summarySpec struct {
	Engine SummaryEngine `yaml:"engine" jsonschema_description:"extractive, sentences of the reports as they stand; or llm, the language model of the config, checked against the reports."`
}

// watchSpec is a watch as a file gives it.
type watchSpec struct {
	ID            strict.Located[string] `yaml:"id" strict:"required" jsonschema:"required" jsonschema_description:"A stable name: chat, logs, metrics and tests use it."`
	Title         string                 `yaml:"title" jsonschema_description:"The name for people."`
	Description   string                 `yaml:"description" jsonschema_description:"What the watch is for."`
	Match         strict.Located[string] `yaml:"match" strict:"required" jsonschema:"required" jsonschema_description:"The query: see tocsin help query."`
	watchSettings `yaml:",inline"`
	Tests         []strict.Located[testSpec] `yaml:"tests" jsonschema_description:"Items, and what the watch must make of them."`
}

// testSpec is a test as a file gives it.
type testSpec struct {
	Name  string                 `yaml:"name" jsonschema_description:"What the test is about; the title when left out."`
	Watch strict.Located[string] `yaml:"watch" jsonschema_description:"The id of the watch, where the test does not stand beside it."`

	itemSpec `yaml:",inline"`
	File     strict.Located[string] `yaml:"file" jsonschema_description:"A file of items, one JSON object a line, instead of an item here; id names the only one that is meant."`
	Items    []itemSpec             `yaml:"items" jsonschema_description:"Several items in time order, of which each must do as expected."`

	Now      strict.Located[string] `yaml:"now" jsonschema_description:"What the clock shows; when the item was published when left out."`
	Expect   strict.Located[string] `yaml:"expect" jsonschema:"enum=match,enum=no match" jsonschema_description:"match or no match."`
	Evidence []string               `yaml:"evidence" jsonschema_description:"Words that the evidence must hold, as they stand in the item."`
	Roles    map[string]string      `yaml:"roles" jsonschema_description:"The roles that term groups must have: {arms-deal: background}."`
	Priority *Priority              `yaml:"priority" jsonschema_description:"The priority that the match must have."`
	Stories  *int                   `yaml:"stories" strict:"min=1" jsonschema:"minimum=1" jsonschema_description:"How many stories, and so alerts, the items must make."`
}

// itemSpec is an item as a test gives it.
type itemSpec struct {
	ID        string                 `yaml:"id" jsonschema_description:"The id of the item."`
	Title     string                 `yaml:"title" jsonschema_description:"The title of the item."`
	Text      string                 `yaml:"text" jsonschema_description:"The text of the item; a blank line between paragraphs."`
	URL       string                 `yaml:"url" jsonschema_description:"The address of the item."`
	Language  string                 `yaml:"language" jsonschema_description:"The language of the item: en, ar, pt-BR."`
	Feed      string                 `yaml:"feed" jsonschema_description:"The name of the feed that carried the item."`
	Authors   []string               `yaml:"authors" jsonschema_description:"Who wrote it."`
	Tags      []string               `yaml:"tags" jsonschema_description:"Its tags."`
	Published strict.Located[string] `yaml:"published" jsonschema_description:"When it was published: 2026-03-31 or 2026-03-31T09:00:00Z."`
}
