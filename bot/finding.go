package bot

// Finding is one thing that `tocsin doctor` looked at.
type Finding struct {
	OK   bool
	What string // a sentence without its full stop
	Hint string // what to do; empty when all is well
}
