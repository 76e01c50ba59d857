package record

import (
	"runtime"
	"runtime/debug"
)

// Build says which code ran.
type Build struct {
	Module     string `json:"module"`
	Version    string `json:"version"`     // of the module, "(devel)" outside a release
	Commit     string `json:"commit"`      // of the version control system; empty if unknown
	CommitTime string `json:"commit_time"` // RFC 3339; empty if unknown
	Dirty      bool   `json:"dirty"`       // built from files that differ from the commit
	GoVersion  string `json:"go_version"`
	GOOS       string `json:"goos"`
	GOARCH     string `json:"goarch"`
}

// Code returns the commit, marked when the build was dirty, or "unknown".
func (b Build) Code() string {
	switch {
	case b.Commit == "":
		return "unknown"
	case b.Dirty:
		return b.Commit + "+dirty"
	}
	return b.Commit
}

// Differences names what may make two builds compute other bits: code, Go
// version, architecture. Empty means none.
func (b Build) Differences(o Build) []string {
	var d differences
	d.add("commit", b.Code(), o.Code())
	d.add("Go version", b.GoVersion, o.GoVersion)
	d.add("architecture", b.GOARCH, o.GOARCH)
	return d
}

// ReadBuild describes the running program from its build information. A commit
// given at link time (go build -ldflags -X) wins over the recorded one, for
// builds without version control; "" leaves the recorded one.
func ReadBuild(commit string) Build {
	b := Build{GoVersion: runtime.Version(), GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Module, b.Version = info.Main.Path, info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.time":
				b.CommitTime = s.Value
			case "vcs.modified":
				b.Dirty = s.Value == "true"
			}
		}
	}
	if commit != "" && commit != b.Commit {
		b.Commit, b.CommitTime, b.Dirty = commit, "", false
	}
	return b
}
