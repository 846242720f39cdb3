package bot

import "strings"

// Form asks for what a command takes, on platforms that have forms. The answers follow Command, in
// the order of the fields.
type Form struct {
	Title   string
	Submit  string // what the button says that sends it
	Command string // such as "mute" or "noise 12"
	Fields  []Field
}

// Field is one question of a form. With Choices one of them is the answer; without, words of one's own,
// or none.
type Field struct {
	Name    string // the same in every version, such as "duration"
	Label   string
	Hint    string // empty for none
	Choices []Choice
	Default string // the value that is chosen at first. Defaults to the first
	Most    int    // characters of an answer in words
}

// FormFor gives the form of the command that text begins with; nil when it has none.
func FormFor(text string) *Form {
	cmd, args, _, err := parseCommand(standardCommands(), text)
	if err != nil || cmd.Form == nil {
		return nil
	}
	return cmd.Form(args)
}

// Text gives the command that the answers make, by the fields' names. It is false when an answer is
// none of a field's choices.
func (f *Form) Text(answers map[string]string) (string, bool) {
	words := []string{f.Command}
	for _, field := range f.Fields {
		answer := strings.TrimSpace(answers[field.Name])
		if len(field.Choices) > 0 && !field.offers(answer) {
			return "", false
		}
		if answer != "" {
			words = append(words, answer)
		}
	}
	return strings.Join(words, " "), true
}

func (f *Field) offers(value string) bool {
	for _, c := range f.Choices {
		if c.Value == value {
			return true
		}
	}
	return false
}

// muteForm asks what is muted, for how long and why.
func muteForm(string) *Form {
	return &Form{Title: "Mute", Submit: "Mute", Command: "mute", Fields: []Field{
		{Name: "what", Label: "What shall be quiet?", Choices: []Choice{
			{"This story, here", "this"},
			{"This story, in every room (admins)", "this everywhere"},
			{"All that this watch finds, here", "watch"}}},
		{Name: "duration", Label: "For how long?", Default: "1d", Choices: []Choice{
			{"2 hours", "2h"}, {"4 hours", "4h"}, {"A day", "1d"}, {"3 days", "3d"}, {"A week", "1w"}, {"30 days", "30d"}}},
		{Name: "why", Label: "Why?", Hint: "Everybody here reads it.", Most: maxWhy},
	}}
}

// noiseForm asks why an alert was noise. args are the story's number.
func noiseForm(args string) *Form {
	return &Form{Title: "Noise", Submit: "Send", Command: strings.TrimSpace("noise " + args), Fields: []Field{
		{Name: "reason", Label: "What is wrong with the alert?", Choices: []Choice{
			{"It is about something else", "about something else,"},
			{"The topic is right, but this is no news", "no news,"},
			{"We knew it already", "known already,"},
			{"It is too small for an alert", "too small,"},
			{"Something else", "it is wrong,"}}},
		{Name: "words", Label: "In your words", Hint: "It helps whoever mends the watch.", Most: maxWhy},
	}}
}
