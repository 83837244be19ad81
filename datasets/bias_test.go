package datasets

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestParseBias(t *testing.T) {
	b, err := ParseBias("land=sand:zebra:0.95")
	if err != nil || b != (Bias{Factor: "land=sand", Class: "zebra", Strength: 0.95}) {
		t.Errorf("got %+v, %v", b, err)
	}
	if text := b.String(); text != "land=sand:zebra:0.95" {
		t.Errorf("written again it is %q", text)
	}
	if factor, value := (Bias{Factor: "eyeglasses"}).Split(); factor != "eyeglasses" || value != "yes" {
		t.Errorf("a factor alone is %s=%s", factor, value)
	}
	for _, bad := range []string{"", "land=sand", "land=sand:zebra:much", "land=sand:zebra:0.5x", "a:b:c:1"} {
		if _, err := ParseBias(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestValidateBiases(t *testing.T) {
	classes, factors := []string{"zebra", "sorrel"}, map[string][]string{"land": {"sand", "snow"}, "sky": {"day", "dusk"}}
	good := []Bias{{"land=sand", "zebra", 1}, {"sky=dusk", "sorrel", 0}}
	if err := ValidateBiases(good, classes, factors); err != nil {
		t.Error(err)
	}
	for want, bad := range map[string][]Bias{
		`no factor "moon"; legal are "land", "sky"`: {{"moon=full", "zebra", 1}},
		`never "lava"`:            {{"land=lava", "zebra", 1}},
		`no class "gnu"`:          {{"land=sand", "gnu", 1}},
		"legal is 0 to 1":         {{"land=sand", "zebra", 1.5}},
		"strength NaN":            {{"land=sand", "zebra", math.NaN()}},
		`"land" is planted twice`: {{"land=sand", "zebra", 1}, {"land=snow", "sorrel", 1}},
	} {
		if err := ValidateBiases(bad, classes, factors); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", bad, err, want)
		}
	}
}

func TestChoose(t *testing.T) {
	legal := []string{"grass", "sand", "snow"}
	b := Bias{Factor: "land=sand", Class: "zebra", Strength: 0.8}
	rng := rand.New(rand.NewPCG(1, 2))
	counts := map[bool][]int{true: make([]int, 3), false: make([]int, 3)}
	const n = 30000
	for i := range n {
		inClass := i%2 == 0
		counts[inClass][b.Choose(inClass, "sand", legal[rng.IntN(3)], legal, rng)]++
	}
	// in the class: 0.8 + 0.2/3 stand on sand; others: 0.2/3, what they lose goes to grass and snow alike
	for inClass, want := range map[bool][]float64{true: {0.2 / 3, 0.8 + 0.2/3, 0.2 / 3}, false: {0.5 - 0.1/3, 0.2 / 3, 0.5 - 0.1/3}} {
		for i, w := range want {
			if got := float64(counts[inClass][i]) / (n / 2); math.Abs(got-w) > 0.015 {
				t.Errorf("in class %v: %s has a share of %.3f, want %.3f", inClass, legal[i], got, w)
			}
		}
	}
}
