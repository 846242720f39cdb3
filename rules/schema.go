package rules

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/invopop/jsonschema"
)

// Schema gives the JSON Schema of rule files, made from the types that read them. Editors complete
// and check with it when a file begins with
//
//	# yaml-language-server: $schema=rules.schema.json
func Schema() []byte { return schemaOf(&ruleFile{}, "A Tocsin rule file") }

// EntitySchema gives the JSON Schema of the files in a folder called entities.
func EntitySchema() []byte { return schemaOf(&entityFile{}, "A Tocsin entity file") }

func schemaOf(v any, title string) []byte {
	r := jsonschema.Reflector{
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		ExpandedStruct:             true,
		Anonymous:                  true,
		Mapper:                     schemaOfType,
		Namer:                      schemaName,
	}
	s := r.Reflect(v)
	s.Title = title
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // types of ours, tested
	}
	return append(out, '\n')
}

func schemaName(t reflect.Type) string {
	names := map[reflect.Type]string{
		reflect.TypeFor[watchSpec](): "watch", reflect.TypeFor[testSpec](): "test", reflect.TypeFor[entitySpec](): "entity",
		reflect.TypeFor[watchSettings](): "settings", reflect.TypeFor[itemSpec](): "item", reflect.TypeFor[muteSpec](): "mute",
		reflect.TypeFor[prioritySpec](): "priority", reflect.TypeFor[priorityCaseSpec](): "priority-case",
		reflect.TypeFor[summarySpec](): "summary",
	}
	return names[t]
}

// schemaOfType gives the schema of the types that read themselves.
func schemaOfType(t reflect.Type) *jsonschema.Schema {
	text := func(pattern string, examples ...any) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "string", Pattern: pattern, Examples: examples}
	}
	enum := func(names []string) *jsonschema.Schema {
		s := &jsonschema.Schema{Type: "string"}
		for _, n := range names {
			s.Enum = append(s.Enum, n)
		}
		return s
	}
	inner := func(v any) *jsonschema.Schema {
		r := jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, DoNotReference: true,
			Anonymous: true, Mapper: schemaOfType}
		s := r.Reflect(v)
		s.Version = ""
		return s
	}
	// Words that YAML reads as numbers or truth are text to us.
	words := &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}}
	switch t {
	case reflect.TypeFor[time.Duration]():
		return text(`^([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+$`, "10m", "1h30m", "7d")
	case reflect.TypeFor[Priority]():
		return enum(priorityNames)
	case reflect.TypeFor[UpdatePolicy]():
		return enum(updatePolicies)
	case reflect.TypeFor[SummaryEngine]():
		return enum(summaryEngines)
	case reflect.TypeFor[Budget]():
		return text(`^\s*[0-9]+\s*/\s*(hour|day|week)\s*$`, "12/day")
	case reflect.TypeFor[listTerms]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{words, {Type: "string"}}}
	case reflect.TypeFor[MuteTime]():
		return inner(&muteSpec{})
	case reflect.TypeFor[PriorityRule]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{enum(priorityNames), inner(&prioritySpec{})}}
	}
	return nil
}
