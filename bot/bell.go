package bot

// bell wakes one loop. However often it is rung while the loop works, the loop goes round once more.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

// ring never blocks.
func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}
