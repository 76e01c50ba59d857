package cli

import (
	"context"
	"strings"

	"hibernet/agents"
	"hibernet/env"
	"hibernet/results/evaluate"
)

// dayNames renders days of the week; 0 is Monday.
func dayNames(days []int) string {
	names := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	var list []string
	for _, d := range days {
		list = append(list, names[d%len(names)])
	}
	return strings.Join(list, ", ")
}

// playRecorded plays one episode of a contender, the first from the seed and
// the others after it, and records its cells at the end.
func playRecorded(ctx context.Context, e env.Environment, b *env.Batch, c evaluate.Contender, seed uint64, episode int) error {
	p, err := c.New()
	if err != nil {
		return err
	}
	var from *uint64
	if episode == 0 {
		from = &seed
	}
	_, err = agents.Rollout(ctx, e, p, b, from)
	return err
}
