// Package arch holds the shape of the program as a table: which package may
// import which, and where each outside library may be used. Its test reads
// the source files themselves (never a cached answer of the go command) and
// fails on an import that the table does not allow and on a package that it
// does not place.
//
// Imports run one way: from the simulator's parts up through environments,
// agents, scenarios and results to the commands. The contract in env stands
// apart: learners and evaluators know it, and never the simulator; of sim they
// use only what is no part of a model: random streams, fixed shards, vector
// kernels and the names of figures.
package arch

// Module is the module's path.
const Module = "hibernet"

// Allowed says, for each package (path within the module), which packages of
// the module it may import. "sim/..." stands for sim and all below it.
var Allowed = map[string][]string{
	"sim/des":                {},
	"sim/rng":                {"sim/simd"},
	"sim/shard":              {},
	"sim/simd":               {},
	"sim/kpi":                {"sim/simd"},
	"sim/power":              {},
	"sim/radio":              {"sim/rng", "sim/shard", "sim/simd"},
	"sim/topology":           {"sim/rng", "sim/shard", "sim/radio"},
	"sim/power/fit":          {"sim/power", "sim/rng"},
	"sim/micro":              {"sim/des", "sim/rng", "sim/power"},
	"sim/fault":              {"sim/des", "sim/rng"},
	"sim":                    {"sim/des", "sim/rng", "sim/shard", "sim/simd", "sim/kpi", "sim/power", "sim/radio", "sim/topology", "sim/fault"},
	"sim/validation":         {"sim/..."},
	"traffic/trace":          {},
	"traffic":                {"sim/des", "sim/rng", "sim/shard", "traffic/trace"},
	"traffic/forecast":       {"sim/des"},
	"traffic/fit":            {"sim/des", "sim/rng", "sim/validation", "traffic", "traffic/trace"},
	"env":                    {},
	"env/shield":             {},
	"env/envtest":            {"env", "sim/rng"},
	"env/sleep":              {"env", "env/shield", "sim", "sim/des", "sim/rng", "sim/shard", "sim/kpi", "sim/power", "sim/radio", "sim/topology", "sim/fault"},
	"env/variation":          {"sim/rng"},
	"env/region":             {"env", "sim/rng", "sim/shard"},
	"agents":                 {"env", "sim/rng"},
	"agents/baseline":        {"agents", "env", "sim/rng", "sim/shard"},
	"agents/oracle":          {"sim/simd"},
	"agents/mlp":             {"agents", "env", "sim/rng", "sim/shard", "sim/simd"},
	"agents/train":           {"agents", "agents/mlp", "env", "sim/kpi"},
	"agents/ppo":             {"agents", "agents/descent", "agents/mlp", "agents/train", "env", "sim/rng", "sim/shard", "sim/simd"},
	"agents/learntest":       {"agents", "agents/train", "env", "env/envtest", "sim/kpi"},
	"agents/descent":         {"agents/mlp", "agents/train", "sim/shard", "sim/simd"},
	"agents/replay":          {"agents/train", "env", "sim/rng"},
	"agents/dqn":             {"agents/descent", "agents/mlp", "agents/replay", "agents/train", "env", "sim/rng", "sim/shard"},
	"agents/sac":             {"agents/descent", "agents/mlp", "agents/replay", "agents/train", "env", "sim/rng", "sim/shard"},
	"agents/offline":         {"agents/descent", "agents/mlp", "agents/replay", "agents/train", "env", "sim/rng"},
	"agents/bandit":          {"agents/mlp", "agents/replay", "agents/train", "env", "sim/rng", "sim/shard"},
	"agents/hierarchy":       {"agents", "agents/mlp", "env", "env/region"},
	"agents/tandem":          {"agents/hierarchy", "agents/mlp", "agents/ppo", "agents/train", "env", "env/region", "sim/rng"},
	"agents/export":          {"agents", "agents/hierarchy", "agents/mlp", "env", "env/region", "sim/rng"},
	"scenarios":              {"scenarios/strict", "sim/...", "traffic/...", "env/...", "agents/..."},
	"scenarios/strict":       {},
	"scenarios/sweeps":       {"scenarios", "scenarios/strict", "sim/kpi"},
	"scenarios/capacity":     {"scenarios", "sim/...", "env/...", "agents/..."},
	"scenarios/published":    {"scenarios", "sim/...", "traffic", "env/...", "agents", "agents/baseline"},
	"results/record":         {},
	"results/tensorboard":    {},
	"results/experience":     {"agents/replay", "env"},
	"results/evaluate":       {"agents", "env", "sim/kpi", "sim/rng", "results/record"},
	"results/sweep/search":   {"sim/rng"},
	"results/tune":           {"agents", "agents/baseline", "results/evaluate", "results/sweep/search", "sim/kpi", "sim/rng"},
	"results/sweep":          {"results/sweep/search", "results/record", "results/evaluate", "scenarios/sweeps", "sim/kpi"},
	"results/sweep/temporal": {"results/sweep"},
	"results/sweep/analysis": {"results/sweep", "results/record", "results/evaluate", "scenarios/sweeps"},
	"results/query":          {"results/record", "results/sweep"},
	"results/report":         {"results/record", "results/evaluate", "sim/kpi", "sim/validation"},
	"cmd/internal/arch":      {},
	"cmd/internal/cli":       {"sim/...", "traffic/...", "env/...", "agents/...", "scenarios/...", "results/..."},
	"cmd/hibernet":           {"cmd/internal/cli"},
}

// Library confines an outside package (and all below it) to some packages.
type Library struct {
	Path string
	Only []string
	// TestsToo holds the files of tests to the rule as well.
	TestsToo bool
}

// Libraries lists the confined ones.
var Libraries = []Library{
	{Path: "github.com/klauspost/compress", Only: []string{"agents/train"}, TestsToo: true},
	{Path: "gorgonia.org", Only: []string{"agents/descent"}, TestsToo: true},
	{Path: "gonum.org/v1/plot", Only: []string{"results/report"}, TestsToo: true},
	{Path: "github.com/parquet-go/parquet-go", Only: []string{"results/record", "results/experience", "traffic/trace"}, TestsToo: true},
	{Path: "github.com/ncruces/go-sqlite3", Only: []string{"results/query"}, TestsToo: true},
	{Path: "go.temporal.io", Only: []string{"results/sweep/temporal"}, TestsToo: true},
	{Path: "gocloud.dev", Only: []string{"results/sweep/temporal"}, TestsToo: true},
	{Path: "github.com/gofrs/flock", Only: []string{"results/sweep"}, TestsToo: true},
	{Path: "github.com/spf13/cobra", Only: []string{"cmd/internal/cli"}, TestsToo: true},
	// Randomness comes from keyed streams; tests may use any.
	{Path: "math/rand", Only: []string{"sim/rng"}},
	{Path: "math/rand/v2", Only: []string{"sim/rng"}},
	// The model is pure: files, clocks and the terminal belong to the commands.
	{Path: "os", Only: []string{"results/record", "results/report", "results/sweep", "cmd/internal/cli", "cmd/hibernet"}},
	{Path: "log", Only: nil},
}
