package train

import (
	"testing"

	"otherwise/nn"
)

func TestCropsHoldTheirSubjectsCentre(t *testing.T) {
	p := &Pictures{Height: 16, Width: 20, Channels: 2}
	area := p.Height * p.Width
	for step := range uint64(50) {
		values, subjects := make([]float32, 2*p.Size()), make([]float32, 2*area)
		for i := range values {
			values[i] = float32(i) // tells where it came from
		}
		spots := [2]int{3*20 + 17, 9*20 + 2}
		for k, spot := range spots {
			subjects[k*area+spot] = 1
		}
		cut, cutSubjects := cropAround(p, values, subjects, 8, nn.Stream(step, "crop"))
		if len(cut) != 2*8*8*2 || len(cutSubjects) != 2*8*8 {
			t.Fatalf("%d values and %d of subjects", len(cut), len(cutSubjects))
		}
		for k, spot := range spots {
			found := false
			for i, s := range cutSubjects[k*64 : (k+1)*64] {
				if s == 1 {
					found = true
					if got, want := cut[(k*64+i)*2], values[(k*area+spot)*2]; got != want {
						t.Errorf("under the subject's pixel there is %g, not %g", got, want)
					}
				}
			}
			if !found {
				t.Errorf("seed %d: picture %d lost its subject", step, k)
			}
		}
		anywhere, none := cropAround(p, values, nil, 8, nn.Stream(step, "crop"))
		if len(anywhere) != len(cut) || none != nil {
			t.Fatal("without subjects there is a crop of the same size, and no subject")
		}
	}
}
