package cli

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// freeMemory returns the bytes that the program may still take without the
// machine swapping or its container stopping it; 0 if that is not known.
func freeMemory() int64 {
	free := procValue("/proc/meminfo", "MemAvailable:")
	if limit, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		most, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64)
		used, err2 := os.ReadFile("/sys/fs/cgroup/memory.current")
		now, err3 := strconv.ParseInt(strings.TrimSpace(string(used)), 10, 64)
		if err == nil && err2 == nil && err3 == nil { // else it says max: no limit
			free = min(free, max(most-now, 1))
		}
	}
	return free
}

// procValue returns what a file like /proc/meminfo has after a name, in kB, as
// bytes; 0 if it does not have it.
func procValue(file, name string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		var kB int64
		if rest, ok := bytes.CutPrefix(line, []byte(name)); ok {
			if _, err := fmt.Sscan(string(rest), &kB); err == nil {
				return kB << 10
			}
		}
	}
	return 0
}

// peakMemory returns the most bytes that were resident since forgetPeak; 0 if
// that is not known.
func peakMemory() int64 { return procValue("/proc/self/status", "VmHWM:") }

// forgetPeak begins anew with peakMemory.
func forgetPeak() error {
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// processorTime returns the processor time that the program has taken.
func processorTime() (time.Duration, bool) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return 0, false
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), true
}

// processorName returns what the processor calls itself.
func processorName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return ""
}
