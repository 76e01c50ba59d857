package sweep

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Job says how the shards of a sweep are to be run by a scheduler.
type Job struct {
	Name     string // of the sweep
	File     string // sweep file, as the scheduler's machines see it
	Out      string // folder below which each shard has its own
	Program  string // hibernet, as those machines see it
	Shards   int    // at least 1
	CPUs     int    // of one shard, at least 1
	MemoryMB int    // of one shard
	Minutes  int    // wall time of one shard
	Image    string // Kubernetes: container image with the program
	Claim    string // Kubernetes: persistent volume claim, mounted at Mount
	Mount    string
}

// shardDir is the folder of a shard whose number a shell variable holds.
func (j Job) shardDir(number string) string {
	return fmt.Sprintf("%s-shard-%s-of-%d", j.Out, number, j.Shards)
}

// Slurm returns a job script for sbatch: an array job, one task a shard. A
// task that is requeued goes on where it was.
func Slurm(j Job) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `#!/bin/bash
#SBATCH --job-name=%s
#SBATCH --array=1-%d
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=%d
#SBATCH --mem=%dM
#SBATCH --time=%d
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
#SBATCH --output=%s-%%A-%%a.log
# Written by hibernet sweep script. sbatch THIS-FILE runs it; when all tasks are done:
#   %s
set -euo pipefail
exec %s sweep %s --shard "${SLURM_ARRAY_TASK_ID}/%d" --workers "${SLURM_CPUS_PER_TASK}" --out %s
`, j.Name, j.Shards, j.CPUs, j.MemoryMB, j.Minutes, j.Name, j.merge(),
		shellQuoted(j.Program), shellQuoted(j.File), j.Shards, shellQuoted(j.shardDir("")[:len(j.Out)+len("-shard-")])+`"${SLURM_ARRAY_TASK_ID}"`+fmt.Sprintf("-of-%d", j.Shards))
	return b.Bytes()
}

// merge is the command that joins the shards.
func (j Job) merge() string {
	return fmt.Sprintf("%s results merge %s-shard-*-of-%d --out %s", shellQuoted(j.Program), shellQuoted(j.Out), j.Shards, shellQuoted(j.Out))
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+-]+$`)

// shellQuoted writes a word so that a shell takes it as it is.
func shellQuoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

var notLabel = regexp.MustCompile(`[^a-z0-9]+`)

// kubernetesName makes a name of lower-case letters, digits and -, of at most
// 52 characters (RFC 1123 labels; the pods of a job have 11 characters more).
func kubernetesName(name string) string {
	label := strings.Trim(notLabel.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if len(label) > 42 {
		label = strings.Trim(label[:42], "-")
	}
	return strings.Trim("hibernet-"+label, "-")
}

// object is a mapping of YAML whose keys keep their order.
type object []pair

type pair struct {
	key   string
	value any
}

// MarshalYAML writes the mapping.
func (o object) MarshalYAML() (any, error) {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, p := range o {
		var value yaml.Node
		if err := value.Encode(p.value); err != nil {
			return nil, err
		}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: p.key}, &value)
	}
	return n, nil
}

// Kubernetes returns an Indexed Job (batch/v1), one index a shard. A pod that
// is lost is replaced, and goes on where it was, because its folder is on the
// claim's volume.
func Kubernetes(j Job) ([]byte, error) {
	name := kubernetesName(j.Name)
	script := fmt.Sprintf(`n=$((JOB_COMPLETION_INDEX + 1)); exec %s sweep %s --shard "$n/%d" --workers %d --out %s`,
		shellQuoted(j.Program), shellQuoted(j.File), j.Shards, j.CPUs, shellQuoted(j.Out+"-shard-")+fmt.Sprintf(`"$n"-of-%d`, j.Shards))
	resources := object{{"cpu", fmt.Sprint(j.CPUs)}, {"memory", fmt.Sprintf("%dMi", j.MemoryMB)}}
	container := object{
		{"name", "sweep"}, {"image", j.Image}, {"workingDir", j.Mount},
		{"command", []string{"/bin/sh", "-c", script}},
		{"resources", object{{"requests", resources}, {"limits", resources}}},
		{"volumeMounts", []object{{{"name", "data"}, {"mountPath", j.Mount}}}},
	}
	pod := object{
		{"restartPolicy", "Never"},
		{"containers", []object{container}},
		{"volumes", []object{{{"name", "data"}, {"persistentVolumeClaim", object{{"claimName", j.Claim}}}}}},
	}
	job := object{
		{"apiVersion", "batch/v1"}, {"kind", "Job"},
		{"metadata", object{{"name", name}, {"labels", object{{"app.kubernetes.io/name", "hibernet"}}}}},
		{"spec", object{
			{"completions", j.Shards}, {"parallelism", j.Shards}, {"completionMode", "Indexed"},
			{"backoffLimit", 6 * j.Shards}, {"activeDeadlineSeconds", 60 * j.Minutes},
			{"template", object{
				{"metadata", object{{"labels", object{{"app.kubernetes.io/name", "hibernet"}}}}},
				{"spec", pod},
			}},
		}},
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Written by hibernet sweep script. kubectl apply -f THIS-FILE runs it; when it is complete:\n#   %s\n", j.merge())
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(job); err != nil {
		return nil, fmt.Errorf("sweep: write the job: %w", err)
	}
	return b.Bytes(), enc.Close()
}
