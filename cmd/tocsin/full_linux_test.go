package main

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// limitFiles lets a process write no file beyond so many bytes, which is a full disk for it that
// needs no rights. It may be lifted again.
func limitFiles(t *testing.T, pid int, bytes uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 {
		t.Skipf("this system does not let a process be limited: %v", errno)
	}
}

// The disk of a program that runs is full when the event is first reported, and has room again: it
// says so in words, and tells the day as if nothing had been.
func TestAFullDiskIsToldAndTheDayIsToldWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	heavy(t)
	bin := buildTocsin(t, "")
	morning := quietMorning(t, bin, "")
	want := expected(t, bin, morning)
	n := newDay(t, bin, morning)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd, log := n.start(ctx)
	waitFor(t, "the program to run", func() bool { return strings.Contains(log.String(), "msg=polled") })
	limitFiles(t, cmd.Process.Pid, 0)
	n.wire.Publish(quietStages)
	waitFor(t, "the full disk to be told", func() bool { return strings.Contains(log.String(), "is full") })
	if told := n.told(); len(told) != 0 {
		t.Errorf("told while nothing could be stored: %q", told)
	}
	limitFiles(t, cmd.Process.Pid, ^uint64(0))
	waitFor(t, "the alert", func() bool { return len(n.told()) > 0 })
	cancel()
	_ = cmd.Wait()
	for i := quietStages; i < len(n.wire.Stages()); i++ {
		n.wire.Publish(i)
		n.recover()
	}
	n.tellsTheDay(want)
}

// waitFor waits until something is the case.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
