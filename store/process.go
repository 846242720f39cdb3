package store

import (
	"fmt"
	"os"
	"strings"
)

// processName names this process so that a later one can tell whether it is dead: by the start of
// the machine, the world of process numbers it lives in (a container has its own), its number, and
// when it began. What a system does not tell is left out.
func processName() string {
	return fmt.Sprintf("%s %d %s", machine(), os.Getpid(), startOf(os.Getpid()))
}

// machine is the same for all processes that can see each other, and empty when that is not known.
func machine() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "/" + space
}

// startOf gives when a process began, in ticks since the machine's start; empty when it is dead.
func startOf(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The second field is a name in brackets that may hold anything; the state follows it.
	_, rest, _ := strings.Cut(string(data[strings.LastIndexByte(string(data), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}

// isDead says that the named process is certainly dead; false when that cannot be known.
func isDead(name string) bool {
	var where, start string
	var pid int
	if n, _ := fmt.Sscanf(name, "%s %d %s", &where, &pid, &start); n != 3 || where != machine() {
		return false
	}
	return startOf(pid) != start
}
