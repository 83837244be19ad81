package savanna

import (
	"math"

	"otherwise/datasets/internal/paint"
)

// body is an animal's bones in the order in which they are painted. Units: the picture's pixels at scale 1; the origin is
// the ground below the middle of the body, x points to where it faces, y down.
type body struct {
	far  []bone // legs of the other side
	tail []bone
	near []bone // torso, neck, legs of this side
	// head is the middle of the head, nod how it is turned.
	head vec
	nod  float64
	neck bone // also among near
	// crest are points along the top of the neck, from the head down, where a mane grows.
	crest []vec
}

// limb is one leg of the animal that stands still.
type limb struct {
	hip, knee, ankle, toe vec
	rHip, rKnee, rAnkle   float64
	rFoot                 float64
	phase                 float64 // of the gait
	reach, lift           float64 // of the foot, at a full stride
	bend                  float64 // -1 knee points forward, 1 backward
	stripe                float64 // number of stripes of the spine above the hip
}

// pose bends a leg so that its foot is where the gait has it: knee and ankle are found from hip and foot.
func (l limb) pose(stride, phase, spacing float64) []bone {
	swing := paint.Sin(phase + l.phase)
	raised := max(0, paint.Cos(phase+l.phase))
	step := vec{X: float64(l.reach * stride * swing), Y: -float64(l.lift * stride * raised)}
	ankle := l.ankle.Add(step).Add(vec{X: -float64(1.5 * stride * raised)})
	toe := l.toe.Add(step)
	upper, lower := l.knee.Sub(l.hip).Len(), l.ankle.Sub(l.knee).Len()
	reach := ankle.Sub(l.hip)
	d := min(reach.Len(), upper+lower-0.05)
	reach = reach.Unit()
	ankle = l.hip.Add(reach.Mul(d))
	along := (float64(upper*upper) - float64(lower*lower) + float64(d*d)) / float64(2*d)
	side := math.Sqrt(max(0, float64(upper*upper)-float64(along*along)))
	knee := l.hip.Add(reach.Mul(along)).Add(reach.Perp().Mul(float64(side * l.bend)))
	stripe := func(v vec) float64 { return l.stripe + (v.Y-l.hip.Y)/spacing }
	return []bone{
		{a: l.hip, b: knee, ra: l.rHip, rb: l.rKnee, restA: l.hip, restB: l.knee, stripeA: l.stripe, stripeB: stripe(l.knee), region: leg},
		{a: knee, b: ankle, ra: l.rKnee, rb: l.rAnkle, restA: l.knee, restB: l.ankle, stripeA: stripe(l.knee), stripeB: stripe(l.ankle), region: leg},
		{a: ankle, b: toe, ra: l.rAnkle, rb: l.rFoot, restA: l.ankle, restB: l.toe, stripeA: stripe(l.ankle), stripeB: stripe(l.toe), region: foot},
	}
}

// moved is the same leg elsewhere, for the other side, which is seen a little higher and shifted.
func (l limb) moved(by vec, phase float64) limb {
	l.hip, l.knee, l.ankle, l.toe = l.hip.Add(by), l.knee.Add(by), l.ankle.Add(by), l.toe.Add(by)
	l.phase += phase
	return l
}

// farther is where the legs of the other side are seen from those of this side.
var farther = vec{X: 4, Y: -3}

// legs poses all four legs: those on the other side first.
func (b *body) legs(s Scene, fore, hind limb, spacing float64) {
	b.far = append(hind.moved(farther, 0.5).pose(s.Stride, s.Phase, spacing), fore.moved(farther, 0.5).pose(s.Stride, s.Phase, spacing)...)
	b.near = append(b.near, hind.pose(s.Stride, s.Phase, spacing)...)
	b.near = append(b.near, fore.pose(s.Stride, s.Phase, spacing)...)
}

// still makes a bone whose place is the same whether the animal moves or not.
func still(a, b vec, ra, rb, stripeA, stripeB float64, r region) bone {
	return bone{a: a, b: b, ra: ra, rb: rb, restA: a, restB: b, stripeA: stripeA, stripeB: stripeB, region: r}
}

// chain makes bones along points, with radii and the number of stripes at the first.
func chain(points []vec, radii []float64, stripe, spacing float64, r region) []bone {
	bones := make([]bone, 0, len(points)-1)
	for i := range len(points) - 1 {
		next := stripe + points[i+1].Sub(points[i]).Len()/spacing
		bones = append(bones, still(points[i], points[i+1], radii[i], radii[i+1], stripe, next, r))
		stripe = next
	}
	return bones
}

// horse is the body of zebra and sorrel.
func horse(s Scene, spacing float64) *body {
	b := &body{}
	croup, loin, chest := vec{X: -19, Y: -49}, vec{X: 0, Y: -46.5}, vec{X: 17, Y: -48}
	raise := paint.Mix(-0.02, 0.035, s.Head)
	withers := vec{X: 22, Y: -51}
	poll := withers.Add(vec{X: 15, Y: -25}.Turned(-raise))
	b.near = append(b.near, chain([]vec{croup, loin, chest}, []float64{12, 11.5, 12.5}, 0, spacing, torso)...)
	at := b.near[1].stripeB
	b.neck = still(withers, poll, 10, 6.5, at+1, at+1+poll.Sub(withers).Len()/spacing, neck)
	b.near = append(b.near, b.neck)
	b.head, b.nod = poll.Add(vec{X: 3, Y: -1}), paint.Mix(0.125, 0.085, s.Head)
	for i := range 9 {
		t := float64(i) / 8
		normal := poll.Sub(withers).Unit().Perp().Mul(-1)
		b.crest = append(b.crest, poll.Toward(withers, t).Add(normal.Mul(paint.Mix(5.5, 9.2, t))))
	}
	fore := limb{hip: vec{X: 16, Y: -42}, knee: vec{X: 17.5, Y: -22}, ankle: vec{X: 17, Y: -6.5}, toe: vec{X: 18.5, Y: -2.4},
		rHip: 7, rKnee: 3.4, rAnkle: 2.5, rFoot: 3, reach: 9, lift: 6, bend: 1, stripe: at}
	hind := limb{hip: vec{X: -20, Y: -43}, knee: vec{X: -22.5, Y: -22}, ankle: vec{X: -21, Y: -6.5}, toe: vec{X: -19.5, Y: -2.4},
		rHip: 9.5, rKnee: 3.6, rAnkle: 2.6, rFoot: 3.1, phase: 0.3, reach: 9, lift: 6, bend: 1}
	b.legs(s, fore, hind, spacing)
	root := vec{X: -29, Y: -54}
	b.tail = chain([]vec{root, root.Add(vec{X: -5, Y: 5}), root.Add(vec{X: -8 - float64(3*s.Tail), Y: 16 - float64(4*s.Tail)}),
		root.Add(vec{X: -8 - float64(5*s.Tail), Y: 30 - float64(8*s.Tail)})}, []float64{2.4, 2.4, 3.4, 1.6}, 0, spacing, tail)
	return b
}

// bigCat is the body of cheetah and cougar.
func bigCat(s Scene, spacing float64) *body {
	b := &body{}
	croup, waist, chest := vec{X: -22, Y: -35.5}, vec{X: -4, Y: -35.5}, vec{X: 14, Y: -35}
	b.near = append(b.near, chain([]vec{croup, waist, chest}, []float64{9.4, 8, 10.6}, 0, spacing, torso)...)
	b.head = vec{X: 31, Y: paint.Mix(-48, -55, s.Head)}
	at := b.near[1].stripeB
	b.near = append(b.near, still(vec{X: 17, Y: -38}, b.head.Add(vec{X: -3, Y: 2}), 9.5, 7.5, at, at+2, neck))
	fore := limb{hip: vec{X: 15, Y: -29}, knee: vec{X: 14, Y: -15}, ankle: vec{X: 15, Y: -4.5}, toe: vec{X: 18, Y: -3.2},
		rHip: 6.6, rKnee: 4.2, rAnkle: 3.5, rFoot: 3.6, reach: 9, lift: 5, bend: 1, stripe: at}
	hind := limb{hip: vec{X: -22, Y: -31}, knee: vec{X: -23.5, Y: -15}, ankle: vec{X: -24, Y: -4.5}, toe: vec{X: -21, Y: -3.2},
		rHip: 9, rKnee: 4.6, rAnkle: 3.6, rFoot: 3.6, phase: 0.3, reach: 9, lift: 5, bend: 1}
	b.legs(s, fore, hind, spacing)
	root := vec{X: -29, Y: -39}
	up := float64(14 * s.Tail)
	b.tail = chain([]vec{root, root.Add(vec{X: -7, Y: 6 - up/3}), root.Add(vec{X: -13, Y: 9 - up}), root.Add(vec{X: -20, Y: 4 - float64(1.6*up)}),
		root.Add(vec{X: -21, Y: -3 - float64(1.8*up)})}, []float64{3.4, 3, 2.8, 2.8, 2.6}, 0, spacing, tail)
	return b
}

// houseCat is the body of the Egyptian and the Persian cat.
func houseCat(s Scene, spacing, fluff float64) *body {
	b := &body{}
	croup, waist, chest := vec{X: -21, Y: -29}, vec{X: -6, Y: -28}, vec{X: 9, Y: -30}
	b.near = append(b.near, chain([]vec{croup, waist, chest}, []float64{12 + fluff, 10.5 + fluff, 11.5 + fluff}, 0, spacing, torso)...)
	b.head = vec{X: 23, Y: paint.Mix(-50, -56, s.Head) + float64(2.4*fluff)}
	at := b.near[1].stripeB
	b.near = append(b.near, still(vec{X: 12, Y: -34}, b.head.Add(vec{X: -3, Y: 6}), 10+fluff, 9+fluff, at, at+2, neck))
	fore := limb{hip: vec{X: 11, Y: -24}, knee: vec{X: 10.5, Y: -13}, ankle: vec{X: 11, Y: -5}, toe: vec{X: 13.5, Y: -4},
		rHip: 7 + fluff, rKnee: 4.8 + fluff/2, rAnkle: 4.2 + fluff/3, rFoot: 4.4, reach: 7, lift: 5, bend: 1, stripe: at}
	hind := limb{hip: vec{X: -22, Y: -26}, knee: vec{X: -23, Y: -13}, ankle: vec{X: -23.5, Y: -5}, toe: vec{X: -21, Y: -4},
		rHip: 10 + fluff, rKnee: 5 + fluff/2, rAnkle: 4.2 + fluff/3, rFoot: 4.4, phase: 0.3, reach: 7, lift: 5, bend: 1}
	b.legs(s, fore, hind, spacing)
	root := vec{X: -31, Y: -34}
	r := 3.2 + float64(1.2*fluff)
	out := paint.Mix(-9, -3, s.Tail)
	b.tail = chain([]vec{root, root.Add(vec{X: -7, Y: -2}), root.Add(vec{X: -9 + out/3, Y: -14}), root.Add(vec{X: -7 + out/2, Y: -26}),
		root.Add(vec{X: -7 + out, Y: -34})}, []float64{r, r, r + fluff/2, r + fluff, r + fluff/2}, 0, spacing, tail)
	return b
}
