package slacktest

import (
	"encoding/json"
	"strings"
	"testing"
)

type o = map[string]any

func repeated(n int, v any) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = v
	}
	return list
}

func long(n int) string { return strings.Repeat("x", n) }

func plain(n int) o { return o{"type": "plain_text", "text": long(n)} }

func mrkdwn(n int) o { return o{"type": "mrkdwn", "text": long(n)} }

func button(more o) o { return merge(o{"type": "button", "action_id": "a", "text": plain(1)}, more) }

func merge(into, more o) o {
	for k, v := range more {
		into[k] = v
	}
	return into
}

func options(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = o{"text": plain(1), "value": long(1 + i%70)}
	}
	return list
}

func menu(more o) o {
	return merge(o{"type": "static_select", "action_id": "a", "options": options(2)}, more)
}

func actions(elements ...any) o { return o{"type": "actions", "elements": elements} }

func input(element o) o { return o{"type": "input", "label": plain(1), "element": element} }

func field(more o) o { return merge(o{"type": "plain_text_input", "action_id": "a"}, more) }

func table(width int, rows int, more o) o {
	return merge(o{"type": "table", "rows": repeated(rows, repeated(width, o{"type": "raw_text", "text": "x"}))}, more)
}

func list(more o) o {
	section := o{"type": "rich_text_section", "elements": []any{o{"type": "text", "text": "x"}}}
	return o{"type": "rich_text", "elements": []any{merge(o{"type": "rich_text_list", "style": "bullet", "elements": []any{section}}, more)}}
}

func confirm(more o) o {
	return button(o{"confirm": merge(o{"title": plain(100), "text": plain(300), "confirm": plain(30), "deny": plain(30)}, more)})
}

// TestBlocksAreCheckedAsSlackDoes holds the invalid cases of the slackblocks specification (GitHub,
// nicklambourne/slackblocks, spec/fixtures/invalid/manifest.json, 1.1.0) for the blocks that this server
// knows, under their names there, each beside what just fits.
func TestBlocksAreCheckedAsSlackDoes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ good, bad any }{
		"text-empty":                          {o{"type": "section", "text": mrkdwn(1)}, o{"type": "section", "text": mrkdwn(0)}},
		"section-text-too-long":               {o{"type": "section", "text": mrkdwn(3000)}, o{"type": "section", "text": mrkdwn(3001)}},
		"text-too-long":                       {o{"type": "context", "elements": []any{mrkdwn(3000)}}, o{"type": "context", "elements": []any{mrkdwn(3001)}}},
		"button-action-id-too-long":           {actions(button(o{"action_id": long(255)})), actions(button(o{"action_id": long(256)}))},
		"button-text-too-long":                {actions(button(o{"text": plain(75)})), actions(button(o{"text": plain(76)}))},
		"button-url-too-long":                 {actions(button(o{"url": "https://x/" + long(2990)})), actions(button(o{"url": "https://x/" + long(2991)}))},
		"button-value-too-long":               {actions(button(o{"value": long(2000)})), actions(button(o{"value": long(2001)}))},
		"button-accessibility-label-too-long": {actions(button(o{"accessibility_label": long(75)})), actions(button(o{"accessibility_label": long(76)}))},
		"confirmation-title-too-long":         {actions(confirm(nil)), actions(confirm(o{"title": plain(101)}))},
		"confirmation-text-too-long":          {actions(confirm(nil)), actions(confirm(o{"text": plain(301)}))},
		"confirmation-confirm-too-long":       {actions(confirm(nil)), actions(confirm(o{"confirm": plain(31)}))},
		"confirmation-deny-too-long":          {actions(confirm(nil)), actions(confirm(o{"deny": plain(31)}))},
		"option-text-too-long":                {actions(menu(o{"options": []any{o{"text": plain(75), "value": "x"}}})), actions(menu(o{"options": []any{o{"text": plain(76), "value": "x"}}}))},
		"option-value-too-long":               {actions(menu(o{"options": []any{o{"text": plain(1), "value": long(75)}}})), actions(menu(o{"options": []any{o{"text": plain(1), "value": long(151)}}}))},
		"option-description-too-long": {actions(menu(o{"options": []any{o{"text": plain(1), "value": "x", "description": plain(75)}}})),
			actions(menu(o{"options": []any{o{"text": plain(1), "value": "x", "description": plain(76)}}}))},
		"option-url":                            {actions(menu(nil)), actions(menu(o{"options": []any{o{"text": plain(1), "value": "x", "url": "https://x"}}}))},
		"select-placeholder-too-long":           {actions(menu(o{"placeholder": plain(150)})), actions(menu(o{"placeholder": plain(151)}))},
		"select-too-many-options":               {actions(menu(o{"options": options(100)})), actions(menu(o{"options": options(101)}))},
		"static-select-options-and-groups":      {actions(menu(nil)), actions(menu(o{"option_groups": []any{o{"label": plain(1), "options": options(1)}}}))},
		"initial-option-not-among-the-options":  {actions(menu(o{"initial_option": options(2)[1]})), actions(menu(o{"initial_option": options(3)[2]}))},
		"table-too-many-rows":                   {table(2, 100, nil), table(2, 101, nil)},
		"table-too-many-columns":                {table(20, 1, nil), table(21, 1, nil)},
		"table-ragged-rows":                     {table(2, 2, nil), merge(table(2, 1, nil), o{"rows": []any{repeated(2, o{"type": "raw_text", "text": "x"}), repeated(1, o{"type": "raw_text", "text": "x"})}})},
		"table-column-settings-mismatch":        {table(2, 1, o{"column_settings": repeated(2, o{"align": "left"})}), table(2, 1, o{"column_settings": repeated(3, o{"align": "left"})})},
		"table-column-without-alignment":        {table(1, 1, o{"column_settings": []any{o{"is_wrapped": true}}}), table(1, 1, o{"column_settings": []any{o{"align": ""}}})},
		"plain-text-input-max-length-too-large": {input(field(o{"max_length": 3000})), input(field(o{"max_length": 3001}))},
		"plain-text-input-min-length-too-large": {input(field(o{"min_length": 3000})), input(field(o{"min_length": 3001}))},
		"actions-too-many-elements":             {o{"type": "actions", "elements": buttons(25)}, o{"type": "actions", "elements": buttons(26)}},
		"actions-same-action-id":                {o{"type": "actions", "elements": buttons(2)}, actions(button(nil), button(nil))},
		"context-too-many-elements":             {o{"type": "context", "elements": repeated(10, plain(1))}, o{"type": "context", "elements": repeated(11, plain(1))}},
		"context-invalid-element":               {o{"type": "context", "elements": []any{plain(1)}}, o{"type": "context", "elements": []any{button(nil)}}},
		"header-text-too-long":                  {o{"type": "header", "text": plain(150)}, o{"type": "header", "text": plain(151)}},
		"header-in-mrkdwn":                      {o{"type": "header", "text": plain(1)}, o{"type": "header", "text": mrkdwn(1)}},
		"image-url-too-long":                    {o{"type": "image", "image_url": long(3000), "alt_text": "x"}, o{"type": "image", "image_url": long(3001), "alt_text": "x"}},
		"image-alt-text-too-long":               {o{"type": "image", "image_url": "x", "alt_text": long(2000)}, o{"type": "image", "image_url": "x", "alt_text": long(2001)}},
		"image-url-and-slack-file":              {o{"type": "image", "image_url": "x", "alt_text": "x"}, o{"type": "image", "image_url": "x", "slack_file": o{"id": "F1"}, "alt_text": "x"}},
		"input-label-too-long":                  {merge(input(field(nil)), o{"label": plain(2000)}), merge(input(field(nil)), o{"label": plain(2001)})},
		"input-hint-too-long":                   {merge(input(field(nil)), o{"hint": plain(2000)}), merge(input(field(nil)), o{"hint": plain(2001)})},
		"input-invalid-element":                 {input(field(nil)), input(button(nil))},
		"section-too-many-fields":               {o{"type": "section", "fields": repeated(10, plain(1))}, o{"type": "section", "fields": repeated(11, plain(1))}},
		"section-field-too-long":                {o{"type": "section", "fields": []any{plain(2000)}}, o{"type": "section", "fields": []any{plain(2001)}}},
		"section-missing-content":               {o{"type": "section", "text": plain(1)}, o{"type": "section"}},
		"section-empty-fields":                  {o{"type": "section", "text": plain(1)}, o{"type": "section", "fields": []any{}}},
		"section-with-an-input":                 {o{"type": "section", "text": plain(1), "accessory": button(nil)}, o{"type": "section", "text": plain(1), "accessory": field(nil)}},
		"block-id-too-long":                     {o{"type": "divider", "block_id": long(255)}, o{"type": "divider", "block_id": long(256)}},
		"rich-text-list-indent":                 {list(o{"indent": 8}), list(o{"indent": 9})},
		"rich-text-list-border":                 {list(o{"border": 1}), list(o{"border": 2})},
		"rich-text-list-style":                  {list(nil), list(o{"style": ""})},
		"message-invalid-block-surface":         {o{"type": "divider"}, o{"type": "alert", "text": plain(1)}},
		"null":                                  {o{"type": "divider"}, o{"type": "divider", "block_id": nil}},
		"emoji-on-mrkdwn":                       {o{"type": "section", "text": plain(1)}, o{"type": "section", "text": merge(mrkdwn(1), o{"emoji": false})}},
	} {
		if problems, code := checked(t, tt.good); code != "" {
			t.Errorf("%s: what fits is refused with %s: %q", name, code, problems)
		}
		if _, code := checked(t, tt.bad); code != "invalid_blocks" {
			t.Errorf("%s is taken", name)
		}
	}
	if _, code := checked(t, repeated(50, o{"type": "divider"})...); code != "" {
		t.Errorf("50 blocks: %s", code)
	}
	if _, code := checked(t, repeated(51, o{"type": "divider"})...); code != "invalid_blocks" {
		t.Errorf("message-too-many-blocks is taken")
	}
}

func buttons(n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = button(o{"action_id": long(i + 1)})
	}
	return all
}

func checked(t *testing.T, blocks ...any) (problems []string, code string) {
	t.Helper()
	raw, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	_, problems, code = checkBlocks(raw, messageSurface)
	return problems, code
}

func TestViewsAreCheckedAsSlackDoes(t *testing.T) {
	t.Parallel()
	view := func(more o) string {
		raw, err := json.Marshal(merge(o{"type": "modal", "title": plain(24), "submit": plain(24), "close": plain(24), "blocks": []any{input(field(nil))}}, more))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if problems := checkView(view(nil), modalSurface); len(problems) > 0 {
		t.Errorf("a good view is refused: %q", problems)
	}
	for name, more := range map[string]o{
		"modal-input-requires-submit":    {"submit": nil},
		"modal-invalid-block-surface":    {"blocks": []any{table(1, 1, nil)}},
		"view-missing-blocks":            {"blocks": []any{}},
		"view-too-many-blocks":           {"blocks": repeated(101, o{"type": "divider"})},
		"view-private-metadata-too-long": {"private_metadata": long(3001)},
		"view-callback-id-too-long":      {"callback_id": long(256)},
		"view-external-id-too-long":      {"external_id": long(256)},
		"view-title-too-long":            {"title": plain(25)},
		"view-close-too-long":            {"close": plain(25)},
		"view-submit-too-long":           {"submit": plain(25)},
		"view-without-title":             {"title": nil},
	} {
		if problems := checkView(view(more), modalSurface); len(problems) == 0 {
			t.Errorf("%s is taken", name)
		}
	}
}
