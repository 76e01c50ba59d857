package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hibernet/traffic"
)

// classRounds bounds the rounds of k-means; on measured cities it settles in
// ten to thirty.
const classRounds = 100

// measuredShapes returns the shapes of the classes that package traffic holds.
func measuredShapes() ([]Shape, error) {
	shapes := make([]Shape, traffic.NumClasses)
	for c := range shapes {
		week, err := traffic.WeeklyProfile(traffic.Class(c))
		if err != nil {
			return nil, err
		}
		shapes[c] = week
	}
	return shapes, nil
}

// nearestShape returns the class whose shape is nearest to s.
func nearestShape(s *Shape, classes []Shape) int {
	best, at := math.Inf(1), 0
	for c := range classes {
		if d := apart(s, &classes[c]); d < best {
			best, at = d, c
		}
	}
	return at
}

// apart returns the squared distance of the square roots of two shapes
// (Hellinger). Roots even out the noise, which grows with the demand, so that
// a place with one extreme hour does not become a class of its own.
func apart(a, b *Shape) float64 {
	sum := 0.0
	for h, v := range a {
		d := math.Sqrt(v) - math.Sqrt(b[h])
		sum += d * d
	}
	return sum
}

// Assign returns the class of each place: the one whose shape is nearest.
func Assign(shapes, classes []Shape) []int {
	class := make([]int, len(shapes))
	for i := range shapes {
		class[i] = nearestShape(&shapes[i], classes)
	}
	return class
}

// classMeans returns the mean shape of each class and the number of its
// members; the shape of a class without members is all zero.
func classMeans(shapes []Shape, class []int, classes int) (mean []Shape, members []int) {
	mean, members = make([]Shape, classes), make([]int, classes)
	for i, k := range class {
		floats.Add(mean[k][:], shapes[i][:])
		members[k]++
	}
	for k := range mean {
		if members[k] > 0 {
			mean[k].normalise()
		}
	}
	return mean, members
}

// findClasses moves the classes, which begin as start, to the middle of the
// shapes that are nearest to them until none changes (k-means). Classes keep
// their order, so that a class of the city is the one most like the measured
// class of that name; one that loses its last member stays where it is.
func findClasses(shapes, start []Shape) (classes []Shape, class []int) {
	classes = append([]Shape(nil), start...)
	for range classRounds {
		next := Assign(shapes, classes)
		same := class != nil
		for i := range next {
			same = same && next[i] == class[i]
		}
		class = next
		if same {
			break
		}
		mean, members := classMeans(shapes, class, len(classes))
		for k := range classes {
			if members[k] > 0 {
				classes[k] = mean[k]
			}
		}
	}
	return classes, class
}

// commonClasses finds the classes of a city, without those that hold hardly
// any place: their members join the others. The shape of a class that falls
// away is NaN, which is near to nothing.
func commonClasses(shapes, start []Shape) (classes []Shape, class []int) {
	for {
		classes, class = findClasses(shapes, start)
		_, members := classMeans(shapes, class, len(classes))
		rarest := -1
		for k, n := range members {
			live := !math.IsNaN(start[k][0])
			if live && float64(n) < rareClass*float64(len(shapes)) && (rarest < 0 || n < members[rarest]) {
				rarest = k
			}
		}
		if rarest < 0 {
			return classes, class
		}
		start = append([]Shape(nil), start...)
		for h := range start[rarest] {
			start[rarest][h] = math.NaN()
		}
	}
}

// explained returns the share of the shapes' variance that their classes
// explain.
func explained(shapes, classes []Shape, class []int) float64 {
	mean, _ := classMeans(shapes, make([]int, len(shapes)), 1)
	within, whole := 0.0, 0.0
	for i := range shapes {
		within += apart(&shapes[i], &classes[class[i]])
		whole += apart(&shapes[i], &mean[0])
	}
	return 1 - within/whole
}

// spreads returns the standard deviation between the members of each class of
// the log of their mean day over the class's, by hour. A class of fewer than
// four members takes that of all places about their classes.
func spreads(shapes, classes []Shape, class []int) [][hoursPerDay]float64 {
	const enough = 4
	out := make([][hoursPerDay]float64, len(classes))
	for h := range hoursPerDay {
		logs := make([][]float64, len(classes))
		var all []float64
		for i := range shapes {
			k := class[i]
			own, of := shapes[i].day(), classes[k].day()
			if own[h] > 0 && of[h] > 0 {
				logs[k] = append(logs[k], math.Log(own[h]/of[h]))
				all = append(all, math.Log(own[h]/of[h]))
			}
		}
		for k := range out {
			if len(logs[k]) < enough {
				logs[k] = all
			}
			out[k][h] = stat.StdDev(logs[k], nil)
		}
	}
	return out
}

// MeanSpread returns the root mean square over places and hours of the lasting
// deviation of a place's mean day from its class's, as a standard deviation of
// the log.
func (c *City) MeanSpread(days []int, classes []Shape) float64 {
	shapes := c.usualShapes(days)
	class := Assign(shapes, classes)
	of := spreads(shapes, classes, class)
	sum := 0.0
	for _, k := range class {
		for _, sd := range of[k] {
			sum += sd * sd / hoursPerDay
		}
	}
	return math.Sqrt(sum / float64(len(class)))
}
