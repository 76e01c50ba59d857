package ppo

import "math"

// returnsTo writes the lambda-return G of every row-step to returns and
// G - V to advantages, both [steps*rows]:
//
//	G_t = r_t + gamma*((1-lambda)*V_{t+1} + lambda*G_{t+1})
//
// G_t - V_t is the generalised advantage estimate of Schulman et al.
// (arXiv:1506.02438, eq. 16). Where an episode or the rollout ends,
// G_t = r_t + gamma*after_t: after is 0 at a termination and the value of the
// final observation at a truncation.
//
// Where the row had no choice at t+1 the value there is not learned and so
// not used: G_t = r_t + gamma*G_{t+1}, as if the steps without a choice were
// part of the action before them.
func (r *rollout) returnsTo(advantages, returns []float32, gamma, lambda float64) {
	for row := range r.rows {
		var next float64
		for t := r.steps - 1; t >= 0; t-- {
			i := t*r.rows + row
			var follows float64
			switch {
			case t == r.steps-1 || r.ended[i]:
				follows = float64(r.after[i])
			case r.forced[i+r.rows]:
				follows = next
			default:
				follows = (1-lambda)*float64(r.value[i+r.rows]) + lambda*next
			}
			next = float64(r.reward[i]) + gamma*follows
			returns[i] = float32(next)
			advantages[i] = float32(next - float64(r.value[i]))
		}
	}
}

// normalise shifts and scales x at the given indices to mean 0 and standard
// deviation 1.
func normalise(x []float32, indices []int32) {
	mean, deviation := moments(x, indices)
	for _, i := range indices {
		x[i] = float32((float64(x[i]) - mean) / (deviation + 1e-8))
	}
}

// winsorise bounds x, normalised, at the given indices to limit standard
// deviations, and normalises what comes of it: where a few values are far from all
// others, the others hardly differ beside them.
func winsorise(x []float32, indices []int32, limit float32) {
	for _, i := range indices {
		x[i] = max(-limit, min(x[i], limit))
	}
	normalise(x, indices)
}

func moments(x []float32, indices []int32) (mean, deviation float64) {
	if len(indices) == 0 {
		return 0, 0
	}
	n := float64(len(indices))
	for _, i := range indices {
		mean += float64(x[i])
	}
	mean /= n
	var sum float64
	for _, i := range indices {
		d := float64(x[i]) - mean
		sum += d * d
	}
	return mean, math.Sqrt(sum / n)
}

// explained returns 1 - Var(G - V)/Var(G) at the given indices: 1 for values
// that foretell the returns, 0 or less for values that tell nothing, 0 where
// all returns are equal. advantages must not be normalised yet.
func explained(advantages, returns []float32, indices []int32) float64 {
	_, total := moments(returns, indices)
	_, left := moments(advantages, indices)
	if total == 0 {
		return 0
	}
	return 1 - left*left/(total*total)
}
