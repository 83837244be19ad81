package train

import "math/rand/v2"

// cropAround cuts a square of the given side out of each picture [height, width, channels] and out of the map of its
// subject [height, width], whose centre it holds: most of a picture is land that is learned soon, and a network without
// attention costs as much as its pictures have pixels. Without subjects the square may be anywhere.
func cropAround(p *Pictures, values, subjects []float32, side int, rng *rand.Rand) (cut, cutSubjects []float32) {
	area := p.Height * p.Width
	for k := range len(values) / p.Size() {
		top, left := rng.IntN(p.Height-side+1), rng.IntN(p.Width-side+1)
		if subjects != nil {
			y, x := centre(subjects[k*area:(k+1)*area], p.Width)
			off := func() int { return rng.IntN(side) - side + 1 }
			top, left = min(max(0, y+off()), p.Height-side), min(max(0, x+off()), p.Width-side)
		}
		for row := top; row < top+side; row++ {
			from := k*area + row*p.Width + left
			cut = append(cut, values[from*p.Channels:(from+side)*p.Channels]...)
			if subjects != nil {
				cutSubjects = append(cutSubjects, subjects[from:from+side]...)
			}
		}
	}
	return cut, cutSubjects
}

// centre is the centre of mass of a map, or its middle where it is empty.
func centre(weights []float32, width int) (y, x int) {
	var sum, sumY, sumX float64
	for i, w := range weights {
		sum += float64(w)
		sumY += float64(w) * float64(i/width)
		sumX += float64(w) * float64(i%width)
	}
	if sum == 0 {
		return len(weights) / width / 2, width / 2
	}
	return int(sumY / sum), int(sumX / sum)
}
