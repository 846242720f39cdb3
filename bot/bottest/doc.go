// Package bottest answers the question: does a chat platform's adapter keep what package bot asks
// of every platform?
//
// An adapter's test opens a real adapter against a server that it can look at from the other side,
// and hands both to [Platform]:
//
//	func TestConformance(t *testing.T) {
//		bottest.Platform(t, func(t *testing.T) *bottest.Harness { … })
//	}
package bottest
