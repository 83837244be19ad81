package paint

import "math"

// Hash mixes a lattice point and a seed into 64 even bits (the finaliser of MurmurHash3).
func Hash(seed uint64, x, y int) uint64 {
	h := seed ^ uint64(int64(x))*0x9e3779b97f4a7c15 ^ uint64(int64(y))*0xc2b2ae3d27d4eb4f
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// Random is a number in [0, 1) for a lattice point.
func Random(seed uint64, x, y int) float64 { return float64(Hash(seed, x, y)>>11) / (1 << 53) }

// Noise is value noise with lattice distance 1: smooth, in [0, 1], with mean 1/2.
func Noise(seed uint64, x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	u, v := Step(0, 1, x-fx), Step(0, 1, y-fy)
	top := Mix(Random(seed, ix, iy), Random(seed, ix+1, iy), u)
	bottom := Mix(Random(seed, ix, iy+1), Random(seed, ix+1, iy+1), u)
	return Mix(top, bottom, v)
}

// Cloudy is noise of several octaves, each of twice the frequency and half the weight of the one before; in [0, 1].
func Cloudy(seed uint64, x, y float64, octaves int) float64 {
	sum, weight, total := 0.0, 1.0, 0.0
	for o := range octaves {
		sum += float64(weight * Noise(seed+uint64(o), x, y))
		total += weight
		x, y, weight = float64(2*x), float64(2*y), weight/2
	}
	return sum / total
}

// Ridge is one-dimensional noise of three octaves, in [0, 1]: the outline of hills.
func Ridge(seed uint64, x float64) float64 { return Cloudy(seed, x, 0.5, 3) }

// Spot looks for the nearest point of a jittered lattice of distance 1. It gives the distance to it and a number in
// [0, 1) that belongs to that point.
func Spot(seed uint64, x, y float64) (distance, id float64) {
	ix, iy := int(math.Floor(x)), int(math.Floor(y))
	nearest := math.Inf(1)
	for cy := iy - 1; cy <= iy+1; cy++ {
		for cx := ix - 1; cx <= ix+1; cx++ {
			h := Hash(seed, cx, cy)
			shift := float64(cy&1) / 2 // alternate rows are shifted: spots don't stand in columns
			dx := float64(cx) + shift + 0.15 + float64(0.5*float64(h&0xffff)/0x10000) - x
			dy := float64(cy) + 0.2 + float64(0.6*float64(h>>16&0xffff)/0x10000) - y
			if d := float64(dx*dx) + float64(dy*dy); d < nearest {
				nearest, id = d, float64(h>>32&0xffff)/0x10000
			}
		}
	}
	return math.Sqrt(nearest), id
}
