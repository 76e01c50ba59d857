package sweep

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the diff before you commit")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func job() Job {
	return Job{
		Name: "isd_Sweep", File: "my sweep.yaml", Out: "runs/isd", Program: "hibernet", Shards: 16, CPUs: 8, MemoryMB: 4096, Minutes: 90,
		Image: "registry.example/hibernet:1", Claim: "sweeps", Mount: "/data",
	}
}

// sbatchOptions are the options of sbatch that the script may use
// (https://slurm.schedmd.com/sbatch.html).
var sbatchOptions = map[string]*regexp.Regexp{
	"job-name": regexp.MustCompile(`^[A-Za-z0-9_-]+$`), "array": regexp.MustCompile(`^1-[1-9][0-9]*$`), "nodes": regexp.MustCompile(`^1$`),
	"ntasks": regexp.MustCompile(`^1$`), "cpus-per-task": regexp.MustCompile(`^[1-9][0-9]*$`), "mem": regexp.MustCompile(`^[1-9][0-9]*[KMGT]$`),
	"time": regexp.MustCompile(`^[1-9][0-9]*$`), "signal": regexp.MustCompile(`^(B:)?[A-Z]+@[0-9]+$`), "requeue": regexp.MustCompile(`^$`), "output": regexp.MustCompile(`%A.*%a`),
}

func TestSlurm(t *testing.T) {
	text := string(Slurm(job()))
	golden(t, "slurm.golden", text)
	lines := strings.Split(text, "\n")
	if lines[0] != "#!/bin/bash" {
		t.Errorf("first line %q", lines[0])
	}
	seen := 0
	for i, line := range lines {
		option, ok := strings.CutPrefix(line, "#SBATCH --")
		if !ok {
			continue
		}
		seen++
		if i != seen {
			t.Errorf("line %d: an option after the first command is not read", i+1)
		}
		name, value, _ := strings.Cut(option, "=")
		if allowed := sbatchOptions[name]; allowed == nil || !allowed.MatchString(value) {
			t.Errorf("option --%s", option)
		}
	}
	if seen < 8 {
		t.Errorf("%d options", seen)
	}
	got := played(t, text, "SLURM_ARRAY_TASK_ID=3", "SLURM_CPUS_PER_TASK=8")
	if want := "sweep|my sweep.yaml|--shard|3/16|--workers|8|--out|runs/isd-shard-3-of-16|"; got != want {
		t.Errorf("the script runs %s, want %s", got, want)
	}
}

// played runs a script with a program that prints its arguments in place of
// hibernet.
func played(t *testing.T, script string, env ...string) string {
	t.Helper()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hibernet"), []byte("#!/bin/sh\nprintf '%s|' \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell, "-c", script)
	cmd.Env = append(env, "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestKubernetes(t *testing.T) {
	text, err := Kubernetes(job())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "kubernetes.golden", string(text))
	if err := fits(t, text); err != nil {
		t.Error(err)
	}
	var doc struct {
		Spec struct {
			Template struct {
				Spec struct {
					Containers []struct{ Command []string }
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	command := doc.Spec.Template.Spec.Containers[0].Command
	got := played(t, command[2], "JOB_COMPLETION_INDEX=0")
	if want := "sweep|my sweep.yaml|--shard|1/16|--workers|8|--out|runs/isd-shard-1-of-16|"; got != want {
		t.Errorf("the job runs %s, want %s", got, want)
	}
	long := job()
	long.Name = strings.Repeat("Very_Long-", 12)
	if text, err = Kubernetes(long); err == nil {
		err = fits(t, text)
	}
	if err != nil {
		t.Error(err)
	}
	if err := fits(t, []byte(strings.Replace(string(text), "completionMode", "completionmode", 1))); err == nil {
		t.Error("the schema takes a misspelt key")
	}
}

// fits checks a job against the schema.
func fits(t *testing.T, text []byte) error {
	t.Helper()
	in, err := os.Open("testdata/job.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	doc, err := jsonschema.UnmarshalJSON(in)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("job.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("job.json")
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(v)
}
