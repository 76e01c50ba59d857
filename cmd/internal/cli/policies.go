package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/agents/export"
	"hibernet/agents/mlp"
	"hibernet/env/sleep"
	"hibernet/scenarios"
)

// policyFile is the trained policy in a training's run folder and in a bundle.
const policyFile = export.PolicyFile

// aboutPolicy describes the flag that takes a policy.
const aboutPolicy = "`POLICY`: a rule (always-on, schedule, threshold, forecast, random), a tuned rule's file (.yaml), or a trained policy's run folder, bundle or file"

// named is a policy that can be made as often as needed.
type named struct {
	name string
	make func() (agents.Policy, error)
}

// policy finds what an argument of --policy means: the name of a rule (with -
// or _), the file of a tuned rule, the run folder of a training, a bundle, or a policy file.
func (o IO) policy(sc scenarios.Scenario, arg string) (named, error) {
	rule := ruleName(arg)
	if slices.Contains(baseline.Names(), rule) {
		return named{rule, func() (agents.Policy, error) { return baseline.New(rule, sc.Baselines) }}, nil
	}
	if filepath.Ext(arg) == ruleExtension {
		return o.tunedRule(sc, arg)
	}
	trained, err := o.trained(arg)
	if err != nil {
		return named{}, err
	}
	fit := *trained
	schema, err := sleep.SchemaOf(fit.Columns())
	if err != nil {
		schema = sleep.NewSchema() // which Reset compares with the policy's, and names the versions
	}
	if err := fit.Reset(schema, 1, 0); err != nil {
		return named{}, input(fmt.Errorf("policy %s: %w", arg, err), "train it anew with this version")
	}
	return named{trained.Name(), func() (agents.Policy, error) {
		p := *trained
		p.Workers = 1
		return &p, nil
	}}, nil
}

// ruleName returns the name of a rule that may be typed with - or _.
func ruleName(arg string) string { return strings.ReplaceAll(arg, "-", "_") }

// trained reads a trained policy from a folder or file.
func (o IO) trained(arg string) (*mlp.Policy, error) {
	path := o.path(arg)
	info, err := os.Stat(path)
	if err != nil {
		return nil, input(fmt.Errorf("policy %q is neither a rule (%s) nor a folder or file of a trained policy",
			arg, strings.Join(baseline.Names(), ", ")), "hibernet train makes such folders")
	}
	if info.IsDir() {
		path = filepath.Join(path, policyFile)
	}
	data, err := os.ReadFile(path)
	if info.IsDir() && errors.Is(err, fs.ErrNotExist) {
		return nil, input(fmt.Errorf("policy %s: the folder holds no %s: want that of a finished training, or a bundle", arg, policyFile),
			"an interrupted training is finished with hibernet train --resume")
	}
	if err != nil {
		return nil, input(fmt.Errorf("policy %s: %w", arg, err), "")
	}
	p, err := mlp.Decode(data)
	if err != nil {
		return nil, input(fmt.Errorf("policy %s: %w", path, err), "")
	}
	return p, nil
}
