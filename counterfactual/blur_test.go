package counterfactual

import (
	"math"
	"slices"
	"testing"
)

func TestBlurKeepsWhatIsEven(t *testing.T) {
	even := Picture{Height: 5, Width: 7, Channels: 2, Values: slices.Repeat([]float32{0.25, 0.75}, 35)}
	for i, v := range Blur(even, 2).Values {
		if math.Abs(float64(v-even.Values[i])) > 1e-6 {
			t.Fatalf("value %d became %g", i, v)
		}
	}
	dot := Picture{Height: 21, Width: 21, Channels: 1, Values: make([]float32, 441)}
	dot.Values[10*21+10] = 1
	b := Blur(dot, 2)
	var sum, spread float64
	for i, v := range b.Values {
		sum += float64(v)
		spread += float64(v) * float64((i/21-10)*(i/21-10))
	}
	if math.Abs(sum-1) > 1e-5 || math.Abs(spread-4) > 0.15 {
		t.Errorf("a blurred dot sums to %g with variance %g, want 1 and 4", sum, spread)
	}
}
