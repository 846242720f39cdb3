// Package query answers the question: what does a query mean? It parses the query language of
// watches, prints it, matches items against one query or against an index of many, and shows the
// words that a match rests on.
//
// Grammar describes the language; `tocsin help query` prints it.
//
// # What an item does not tell
//
// A condition on something that the item does not tell (its language, its feed and URL, its time)
// is neither met nor not met, and NOT does not turn it into a match: -lang:tr does not let an item
// of unknown language through. AND takes the least of its operands (not met, unknown, met), OR the
// greatest, and an item matches when the whole is met. An item without authors or tags tells that
// it has none, so -tag:sport lets it through; an item without a text has an empty one.
//
// # How words are compared
//
// Package feeds/text cuts, folds and inflects words; queries and items go through the same code. A
// query has no language: its words are inflected by the rules of every language that is written in
// their script, and meet an item's words by the rules of the item's language. A hyphen ends a word,
// so the query arms-deal is the phrase "arms deal"; since some write both as one, the query
// co-operation also meets cooperation.
package query

// Grammar describes the query language for people.
const Grammar = `A query says which items a watch wants. Case and accents never count, unless asked for.

WORDS
  libya                    the word, in any form that it takes in the item's language: deal finds
                           deals, Libya finds Libya's and Türkiye finds Türkiye'nin; in Arabic
                           ليبيا finds وليبيا and بليبيا
  =deals  ="arms deals"    this form only
  ^US     ^"The Hague"     this form and these capitals only; U.S. is US
  "arms deal"              these words in a row; curly and angle quotation marks do as well
  "defence deal"~3         these words in any order, at most 3 other words among them
  arms-deal                two words in a row, or the one word armsdeal
  arm*  Ben?hazi  *ghazi   * stands for any run of letters, ? for one; within one word
  /jf-?17/  ^/JF-?17/      a regular expression (RE2, at most 1 KB) over the text as it is;
                           only with ^ do capitals count; \/ is a slash

TOGETHER
  libya AND pakistan       both; AND may be left out: libya pakistan
  libya OR libye           either; AND binds tighter than OR: a b OR c is (a b) OR c
  NOT cricket  -cricket    without it
  ( … )                    first what is in the parentheses
  near(jets, sale, 6)      each begins at most 6 words after the first of them ends, in any order,
                           in one field; 10 words when no number is given. A number to look for
                           stands in quotes: near(boeing, "737")
  same:sentence(a, b)      in one sentence; same:paragraph(a, b) in one paragraph; a title is one
  atleast(2, a, b, c)      at least 2 of them

WHERE
  title:libya              in the title; also lead: (the first two paragraphs, or 15 % of the text),
                           body: (the whole text), author:, tag:, source: (the feed's name or the
                           host of the URL), url:
  title:(a OR b)           everything in the parentheses
  lang:en  lang:(fr OR ar) the item's language; lang:pt takes pt-BR as well
  Without a field, title and text are searched. Authors, tags, source and URL are not.

LISTS
  @arms-deal               a list, an entity or a country (@country.LY): one of its entries
  title:@arms-deal         the same, in the title only

CONDITIONS
  role(@libya) >= lead     how prominent it is: title, lead, body or background. Background is what
                           follows "in December", "previously" and the like in its sentence, or
                           stands in the last third of a long text only. Also <, <=, =, !=, >
  age < 48h                since the item was published; 30m, 48h, 7d, 2w
  length > 200 words       words in the text

A regular expression is tried only on items that have two letters in a row without which it cannot
match: /jf-?17/ on those with jf. One that has none, such as /\d+/ or /[a-z]+\d/, is tried on every
item, and all watches together may have 12 of those. Give it two such letters, or join it with AND to
a word that must be there: /\d{3}/ AND tons.

What an item does not tell is no match, with NOT or without: -lang:tr does not let an item through
whose language is not known. Write AND, OR and NOT in capitals; put "and" in quotes to look for it.

EXAMPLES
  near((strike OR walkout), (port OR docks), 12) -drone
                           a strike at a port: within 12 words, and no drone anywhere
  title:(quake OR deprem) @country.TR (dead OR injured OR ölü)
                           a headline about a quake, and casualties, in Türkiye
  role(@libya) = title (@arms-deal OR same:sentence(sells, jets)) lang:(en OR fr)
                           Libya in the headline, and a deal, in English or French

GRAMMAR
  query   = all { "OR" all }
  all     = one { [ "AND" ] one }
  one     = { "NOT" | "-" } ( "(" query ")" | field ":" one | "@" name | word | call | condition )
  word    = [ "=" | "^" ] ( letters | '"' words '"' [ "~" number ] ) | [ "^" ] "/" regexp "/"
  call    = "near(" query { "," query } [ "," number ] ")" | "atleast(" number { "," query } ")"
          | "same:sentence(" query { "," query } ")" | "same:paragraph(" query { "," query } ")"
  condition = "role(" query ")" op role | "age" op number unit | "length" op number [ "words" ]
  op      = "<" | "<=" | "=" | "!=" | ">=" | ">"
  field   = "title" | "lead" | "body" | "author" | "tag" | "source" | "url" | "lang"
`
