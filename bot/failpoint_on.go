//go:build failpoint

package bot

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// armed is the point at which the process kills itself, and at the how-many-eth time:
// TOCSIN_FAILPOINT=claimed:3.
var armed, armedHit = parseFailpoint(os.Getenv("TOCSIN_FAILPOINT"))

var hits atomic.Int64

func parseFailpoint(s string) (name string, hit int64) {
	name, number, _ := strings.Cut(s, ":")
	hit, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		hit = 1
	}
	return name, hit
}

// failpoint kills the process, as kill -9 does, when it is armed for this point.
func failpoint(name string) {
	if name == armed && hits.Add(1) == armedHit {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // until the signal arrives
	}
}
