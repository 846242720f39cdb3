package store

import (
	"strings"
	"syscall"
	"time"
)

// boundSilence makes a connection fail when what was sent is not acknowledged for half a minute;
// otherwise Linux goes on trying for a quarter of an hour.
func boundSilence(network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	const tcpUserTimeout = 18 // of linux/tcp.h
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int((30 * time.Second).Milliseconds()))
	})
	if err == nil {
		err = failed
	}
	return err
}
