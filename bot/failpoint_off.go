//go:build !failpoint

package bot

// failpoint does nothing. With the build tag failpoint, the environment variable TOCSIN_FAILPOINT
// names the point at which the process kills itself, for tests of what a crash leaves behind.
func failpoint(string) {}
