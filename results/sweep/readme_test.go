package sweep

import (
	"os"
	"strings"
	"testing"

	"hibernet/scenarios/sweeps"
)

// TestReadme holds the reference of the keys to the tags of the code.
func TestReadme(t *testing.T) {
	const start, end = "<!-- keys: generated, see TestReadme -->\n", "<!-- keys: end -->"
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), start)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the key reference")
	}
	want := sweeps.Reference()
	if *update {
		if err := os.WriteFile("README.md", []byte(head+start+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != want {
		t.Error("README.md: the key reference is not that of the tags: run with -update")
	}
}
