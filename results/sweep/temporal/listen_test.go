package temporal

import (
	"log/slog"

	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// quiet drops what it is told.
var quiet = slog.New(slog.DiscardHandler)

// quietSuite returns the SDK's test suite without what it has to say.
func quietSuite() *testsuite.WorkflowTestSuite {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(quiet))
	return &suite
}

// startedListener counts the children that are open, and notes their batches.
func startedListener(open, most *int, seen *[]int) func(*workflow.Info, workflow.Context, converter.EncodedValues) {
	return func(_ *workflow.Info, _ workflow.Context, args converter.EncodedValues) {
		var o Order
		var batch int
		if args.Get(&o, &batch) == nil {
			*seen = append(*seen, batch)
		}
		*open++
		*most = max(*most, *open)
	}
}

func completedListener(open *int) func(*workflow.Info, converter.EncodedValue, error) {
	return func(*workflow.Info, converter.EncodedValue, error) { *open-- }
}
