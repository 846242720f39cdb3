package bot

import (
	"context"
	"strings"
)

// roles says who may do what here, and what the person who asks may do and why.
func (d *Desk) roles(ctx context.Context, req *Request) (*Reply, error) {
	you := []Span{Text("Your role is "), Bold(req.Role.String())}
	var lines []string
	if d.Roles != nil {
		var why string
		if why, lines = d.Roles(ctx, req.Incoming); why != "" {
			you = append(you, Text(": "+why))
		}
	}
	m := Message{Title: "Who may do what", Blocks: []Block{Para(append(you, Text("."))...)}}
	may := Block{Kind: List}
	for role := Viewer; role <= Admin; role++ {
		var names []string
		for _, c := range d.Commands {
			if c.Need == role {
				names = append(names, c.Name)
			}
		}
		spans := []Span{Bold(role.String()), Text(": " + strings.Join(names, ", "))}
		if role > Viewer {
			spans = append(spans, Text(", and all above"))
		}
		may.Items = append(may.Items, spans)
	}
	m.Blocks = append(m.Blocks, may)
	if len(lines) > 0 {
		who := Block{Kind: List}
		for _, l := range lines {
			who.Items = append(who.Items, []Span{Text(l)})
		}
		m.Blocks = append(m.Blocks, heading("Who is what"), who)
	}
	m.Blocks = append(m.Blocks, Small(Text("The configuration says so: an admin can change it there.")))
	return &Reply{Message: m}, nil
}
