package sac

import (
	"hibernet/agents/descent"
	"hibernet/agents/mlp"
)

// Inputs of the losses. The first is the observation of both.
const (
	inObs    = 0
	inChosen = 1 // of the values: [rows x actions] 1 at the action taken
	inTarget = 2 // of the values: [rows x 1]
	inOffset = 1 // of the policy: [rows x actions] Forbidden where masked, minus the largest logit elsewhere
	inValue  = 2 // of the policy: [rows x actions] the lesser of both values
	inWorth  = 3 // of the policy: [rows x actions] temperature
)

// valueLoss is the Huber loss of the errors of both critics' values of the
// chosen action: half the squared errors (Christodoulou, arXiv:1910.07207, eq.
// 4) up to clip.
func valueLoss(first, second *mlp.Net, clip float64) descent.Loss {
	actions := first.Out()
	return descent.Loss{
		Name:   "sac: values",
		Inputs: []descent.Input{{Name: "obs", Width: first.In()}, {Name: "chosen", Width: actions}, {Name: "target", Width: 1}},
		Nets:   []*mlp.Net{first, second},
		Formula: func(e *descent.Expr, in, out []descent.Node) (descent.Node, []descent.Node) {
			part := func(q descent.Node) descent.Node {
				return e.Huber(e.Sub(e.Total(e.Mul(q, in[inChosen]), actions), in[inTarget]), clip)
			}
			return e.Add(part(out[0]), part(out[1])), nil
		},
	}
}

// policyLoss is the expectation over the policy's actions of temperature times
// log probability minus value (ibid., eq. 12). It tells minus the entropy.
func policyLoss(actor *mlp.Net) descent.Loss {
	actions := actor.Out()
	return descent.Loss{
		Name: "sac: policy",
		Inputs: []descent.Input{
			{Name: "obs", Width: actor.In()}, {Name: "offset", Width: actions},
			{Name: "value", Width: actions}, {Name: "worth", Width: actions},
		},
		Nets: []*mlp.Net{actor},
		Formula: func(e *descent.Expr, in, out []descent.Node) (descent.Node, []descent.Node) {
			z := e.Add(out[0], in[inOffset])
			logs := e.Sub(z, e.Spread(e.LogSumExp(z, actions), actions))
			p := e.Exp(logs)
			loss := e.Total(e.Mul(p, e.Sub(e.Mul(logs, in[inWorth]), in[inValue])), actions)
			return loss, []descent.Node{e.Total(e.Mul(p, logs), actions)}
		},
	}
}
