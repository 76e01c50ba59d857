package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"hibernet/env"
)

// TestMarks: the innermost mark gives the exit code, the innermost hint that
// says something is shown, and an interruption is one whatever it is called.
func TestMarks(t *testing.T) {
	cause := errors.New("cause")
	tests := []struct {
		err  error
		code int
		hint string
	}{
		{nil, ExitOK, ""},
		{cause, ExitInternal, ""},
		{usage(nil, "x"), ExitOK, ""},
		{usage(cause, "look"), ExitUsage, "look"},
		{input(fmt.Errorf("outer: %w", usage(cause, "inner")), "outer"), ExitUsage, "inner"},
		{input(fmt.Errorf("outer: %w", usage(cause, "")), "outer"), ExitUsage, "outer"},
		{input(fmt.Errorf("outer: %w", context.Canceled), ""), ExitInterrupted, ""},
	}
	for _, tt := range tests {
		if got := exitCode(tt.err); got != tt.code || hintOf(tt.err) != tt.hint {
			t.Errorf("%v: exit code %d, hint %q, want %d, %q", tt.err, got, hintOf(tt.err), tt.code, tt.hint)
		}
		if tt.err != nil && !errors.Is(tt.err, cause) && !errors.Is(tt.err, context.Canceled) {
			t.Errorf("%v has lost its cause", tt.err)
		}
	}
}

// TestFiguresWithoutMeaning are null in JSON, and no fault.
func TestFiguresWithoutMeaning(t *testing.T) {
	text, err := json.Marshal(jsonFigures([]env.Figure{{Name: "a", Unit: "1", Value: 0}, {Name: "b", Unit: "%", Value: math.NaN()}, {Name: "c", Value: math.Inf(1)}}))
	want := `[{"name":"a","unit":"1","value":0},{"name":"b","unit":"%","value":null},{"name":"c","unit":"","value":null}]`
	if err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}
