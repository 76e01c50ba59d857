package scenarios

import "testing"

// BenchmarkLoad reads and checks the largest kind of file: one with every key.
func BenchmarkLoad(b *testing.B) {
	text, err := mustPreset(b, "quickstart").Show()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Load("x.yaml", text, nil); err != nil {
			b.Fatal(err)
		}
	}
}
