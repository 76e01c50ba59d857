package offline

import (
	"hibernet/agents/descent"
	"hibernet/agents/mlp"
)

// Inputs of the losses. The first is the observation of all.
const (
	inObs    = 0
	inChosen = 1 // [rows x actions] 1 at the action taken
	inTarget = 2 // of valueLoss [rows x 1]
	inOffset = 3 // of valueLoss [rows x actions] Forbidden where masked, minus the largest value elsewhere
	inTop    = 4 // of valueLoss [rows x 1] the largest value
	inWorth  = 1 // of stateLoss [rows x 1] value of the action taken
	inWeight = 2 // of policyLoss [rows x 1]
	inLogits = 3 // of policyLoss [rows x actions] as inOffset, of logits
)

// valueLoss is the Huber loss of the value of the action taken and, with a
// weight, what makes values conservative: the soft maximum of all allowed values
// minus the value of the action taken (Kumar et al., arXiv:2006.04779, eq. 4). It
// tells the value.
func valueLoss(q *mlp.Net, conservatism, clip float64) descent.Loss {
	actions := q.Out()
	return descent.Loss{
		Name: "offline: values",
		Inputs: []descent.Input{
			{Name: "obs", Width: q.In()}, {Name: "chosen", Width: actions}, {Name: "target", Width: 1},
			{Name: "offset", Width: actions}, {Name: "top", Width: 1},
		},
		Nets: []*mlp.Net{q},
		Formula: func(e *descent.Expr, in, out []descent.Node) (descent.Node, []descent.Node) {
			taken := e.Total(e.Mul(out[0], in[inChosen]), actions)
			loss := e.Huber(e.Sub(taken, in[inTarget]), clip)
			if conservatism > 0 {
				soft := e.Add(e.LogSumExp(e.Add(out[0], in[inOffset]), actions), in[inTop])
				loss = e.Add(loss, e.Mul(e.Sub(soft, taken), e.Number(conservatism)))
			}
			return loss, []descent.Node{taken}
		},
	}
}

// stateLoss is the expectile loss of the value of a state against those of the
// actions taken in it: squares weigh expectile where the action is worth more,
// 1 - expectile where it is worth less (Kostrikov et al., arXiv:2110.06169, eq.
// 5).
func stateLoss(v *mlp.Net, expectile float64) descent.Loss {
	return descent.Loss{
		Name: "offline: states", Inputs: []descent.Input{{Name: "obs", Width: v.In()}, {Name: "worth", Width: 1}}, Nets: []*mlp.Net{v},
		Formula: func(e *descent.Expr, in, out []descent.Node) (descent.Node, []descent.Node) {
			above := e.Square(e.ReLU(e.Sub(in[inWorth], out[0])))
			below := e.Square(e.ReLU(e.Sub(out[0], in[inWorth])))
			return e.Add(e.Mul(above, e.Number(expectile)), e.Mul(below, e.Number(1-expectile))), nil
		},
	}
}

// policyLoss is minus the logarithm of the probability of the action taken,
// weighted by how much better than the state it was (ibid., eq. 7).
func policyLoss(actor *mlp.Net) descent.Loss {
	actions := actor.Out()
	return descent.Loss{
		Name: "offline: policy",
		Inputs: []descent.Input{
			{Name: "obs", Width: actor.In()}, {Name: "chosen", Width: actions}, {Name: "weight", Width: 1}, {Name: "offset", Width: actions},
		},
		Nets: []*mlp.Net{actor},
		Formula: func(e *descent.Expr, in, out []descent.Node) (descent.Node, []descent.Node) {
			z := e.Add(out[0], in[inLogits])
			surprise := e.Sub(e.LogSumExp(z, actions), e.Total(e.Mul(z, in[inChosen]), actions))
			return e.Mul(surprise, in[inWeight]), nil
		},
	}
}
