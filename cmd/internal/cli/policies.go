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
	"hibernet/agents/hierarchy"
	"hibernet/agents/mlp"
	"hibernet/agents/train"
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
	path, data, err := o.policyBytes(arg)
	if err != nil {
		return named{}, err
	}
	fit, err := decodePolicy(path, data)
	if err != nil {
		return named{}, err
	}
	schema, err := sleep.SchemaOf(agents.Columns(fit))
	if err != nil {
		schema = sleep.NewSchema() // which Reset compares with the policy's, and names the versions
	}
	if err := fit.Reset(schema, 1, 0); err != nil {
		return named{}, input(fmt.Errorf("policy %s: %w", arg, err), "train it anew with this version")
	}
	return named{fit.Name(), func() (agents.Policy, error) { return decodePolicy(path, data) }}, nil
}

// ruleName returns the name of a rule that may be typed with - or _.
func ruleName(arg string) string { return strings.ReplaceAll(arg, "-", "_") }

// policyBytes reads the policy file of a folder or file, and says which it is.
func (o IO) policyBytes(arg string) (path string, data []byte, err error) {
	path = o.path(arg)
	info, err := os.Stat(path)
	if err != nil {
		return "", nil, input(fmt.Errorf("policy %q is neither a rule (%s) nor a folder or file of a trained policy",
			arg, strings.Join(baseline.Names(), ", ")), "hibernet train makes such folders")
	}
	if info.IsDir() {
		path = filepath.Join(path, policyFile)
	}
	data, err = os.ReadFile(path)
	if info.IsDir() && errors.Is(err, fs.ErrNotExist) {
		return "", nil, input(fmt.Errorf("policy %s: the folder holds no %s: want that of a finished training, or a bundle", arg, policyFile),
			"an interrupted training is finished with hibernet train --resume")
	}
	if err != nil {
		return "", nil, input(fmt.Errorf("policy %s: %w", arg, err), "")
	}
	return path, data, nil
}

// decodePolicy reads a policy file: of one network or of two levels.
func decodePolicy(path string, data []byte) (train.Policy, error) {
	var p train.Policy
	var err error
	if hierarchy.IsFile(data) {
		p, err = hierarchy.Decode(data)
	} else {
		p, err = mlp.Decode(data)
	}
	if err != nil {
		return nil, input(fmt.Errorf("policy %s: %w", path, err), "")
	}
	return p, nil
}

// trained reads a trained policy from a folder or file.
func (o IO) trained(arg string) (train.Policy, error) {
	path, data, err := o.policyBytes(arg)
	if err != nil {
		return nil, err
	}
	return decodePolicy(path, data)
}

// network reads a trained policy that is one network.
func (o IO) network(arg string) (*mlp.Policy, error) {
	p, err := o.trained(arg)
	if err != nil {
		return nil, err
	}
	net, ok := p.(*mlp.Policy)
	if !ok {
		return nil, input(fmt.Errorf("policy %s: holds two levels, want one network", arg), "")
	}
	return net, nil
}
