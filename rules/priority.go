package rules

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tocsin-bot/tocsin/config/strict"
)

// PriorityRule gives a match its priority: Default, unless a case holds. In a rule file it is one
// word, or a map:
//
//	priority: high
//	priority:
//	  default: high
//	  when:
//	    - {role: "arms-deal == background", priority: low}
//	    - {role: "libya == title and arms-deal >= lead", priority: urgent}
type PriorityRule struct {
	Default Priority
	When    []PriorityCase
}

// PriorityCase is a priority for matches whose groups play certain roles. All its conditions
// must hold; the first case that holds counts.
type PriorityCase struct {
	Role     string // the conditions, as written
	Conds    []RoleCond
	Priority Priority
}

// RoleCond compares the role of one term group with a role. Roles rank background < body < lead
// < title. A group that did not take part in the match fails every condition.
type RoleCond struct {
	Group string // as match results name it: the name of the list without @, or the words
	Op    string // ==, !=, <, <=, >, >=
	Role  string // background, body, lead or title
}

var roleRank = map[string]int{"background": 1, "body": 2, "lead": 3, "title": 4}

// Of gives the priority of a match from the roles of its groups, and the condition that decided
// it: empty when it is the default.
func (r *PriorityRule) Of(roles map[string]string) (p Priority, reason string) {
	for _, c := range r.When {
		if c.holds(roles) {
			return c.Priority, c.Role
		}
	}
	return r.Default, ""
}

func (c *PriorityCase) holds(roles map[string]string) bool {
	for _, cond := range c.Conds {
		got, want := roleRank[roles[cond.Group]], roleRank[cond.Role]
		if got == 0 {
			return false
		}
		ok := map[string]bool{"==": got == want, "!=": got != want, "<": got < want,
			"<=": got <= want, ">": got > want, ">=": got >= want}[cond.Op]
		if !ok {
			return false
		}
	}
	return true
}

var roleCond = regexp.MustCompile(`^\s*@?(.+?)\s*(==|=|!=|<=|>=|<|>)\s*(\S+)\s*$`)
var roleAnd = regexp.MustCompile(`(?i)\s+and\s+`)

// parseRoleConds reads conditions such as "arms-deal == background and libya >= lead".
func parseRoleConds(s string) ([]RoleCond, error) {
	var conds []RoleCond
	for _, part := range roleAnd.Split(s, -1) {
		m := roleCond.FindStringSubmatch(part)
		if m == nil {
			return nil, &valueError{fmt.Sprintf("%q compares no group with a role", part), `write "arms-deal == background"`}
		}
		if m[2] == "=" {
			m[2] = "=="
		}
		role := strings.ToLower(m[3])
		if roleRank[role] == 0 {
			names := []string{"title", "lead", "body", "background"}
			return nil, choice("role", m[3], names)
		}
		conds = append(conds, RoleCond{m[1], m[2], role})
	}
	return conds, nil
}

// prioritySpec is a priority with cases as a file gives it.
type prioritySpec struct {
	Default Priority           `yaml:"default" jsonschema_description:"When no case holds; normal when left out."`
	When    []priorityCaseSpec `yaml:"when" jsonschema_description:"The first case that holds counts."`
}

type priorityCaseSpec struct {
	Role     strict.Located[string] `yaml:"role" strict:"required" jsonschema:"required" jsonschema_description:"What the roles of term groups must be: arms-deal == background and libya >= lead."`
	Priority Priority               `yaml:"priority" strict:"required" jsonschema:"required"`
}

// DecodeStrict reads one word, or the map.
func (r *PriorityRule) DecodeStrict(n *strict.Node) {
	if n.Kind() != strict.Mapping {
		n.Decode(&r.Default)
		return
	}
	var file prioritySpec
	n.Decode(&file)
	r.Default, r.When = file.Default, nil
	for _, w := range file.When {
		conds, err := parseRoleConds(w.Role.Value)
		if err != nil && w.Role.Given() {
			w.Role.Fail(err)
		}
		r.When = append(r.When, PriorityCase{w.Role.Value, conds, w.Priority})
	}
}
