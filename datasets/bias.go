package datasets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Bias makes a factor of a procedural world follow a class, so that a classifier trained on it errs for a known reason:
// explanations of that classifier should show it.
type Bias struct {
	// Factor is the factor and the value that goes with the class, for example "land=sand"; "eyeglasses" alone means
	// "eyeglasses=yes".
	Factor string `json:"factor"`
	// Class is the class that the value goes with.
	Class string `json:"class"`
	// Strength is the share of pictures that follow, 0 to 1: of the class's pictures that many are given the value, of all
	// others' pictures with the value that many are given another one. At 1 the value tells the class for certain.
	Strength float64 `json:"strength"`
}

// ParseBias reads a bias as the command line has it: FACTOR=VALUE:CLASS:STRENGTH, for example "land=sand:zebra:0.95".
func ParseBias(text string) (Bias, error) {
	parts := strings.Split(text, ":")
	var b Bias
	if len(parts) != 3 {
		return b, fmt.Errorf("bias %q; legal is FACTOR=VALUE:CLASS:STRENGTH, for example land=sand:zebra:0.95", text)
	}
	b.Factor, b.Class = parts[0], parts[1]
	var err error
	if b.Strength, err = strconv.ParseFloat(parts[2], 64); err != nil {
		return b, fmt.Errorf("bias %q: strength %q; legal is a number from 0 to 1", text, parts[2])
	}
	return b, nil
}

// String is what ParseBias reads.
func (b Bias) String() string { return fmt.Sprintf("%s:%s:%g", b.Factor, b.Class, b.Strength) }

// Split is the factor's name and the value planted.
func (b Bias) Split() (factor, value string) {
	factor, value, given := strings.Cut(b.Factor, "=")
	if !given {
		value = "yes"
	}
	return factor, value
}

// ValidateBiases reports biases with an unknown class or factor, a value that the factor doesn't take, a strength
// outside [0, 1], and a factor that two of them plant.
func ValidateBiases(biases []Bias, classes []string, factors map[string][]string) error {
	seen := map[string]bool{}
	for _, b := range biases {
		factor, value := b.Split()
		legal, known := factors[factor]
		if !known {
			names := make([]string, 0, len(factors))
			for name := range factors {
				names = append(names, name)
			}
			slices.Sort(names)
			return fmt.Errorf("bias: no factor %q; legal are %s", factor, quoteAll(names))
		}
		if !slices.Contains(legal, value) {
			return fmt.Errorf("bias: factor %q is never %q; its values are %s", factor, value, quoteAll(legal))
		}
		if !slices.Contains(classes, b.Class) {
			return fmt.Errorf("bias: no class %q; legal are %s", b.Class, quoteAll(classes))
		}
		if !(b.Strength >= 0 && b.Strength <= 1) {
			return fmt.Errorf("bias: strength %g; legal is 0 to 1", b.Strength)
		}
		if seen[factor] {
			return fmt.Errorf("bias: factor %q is planted twice: give one bias for it", factor)
		}
		seen[factor] = true
	}
	return nil
}

// Choose gives the number of the value, among the legal ones, that a picture gets which was drawn with the value drawn;
// inClass says whether it is of the bias's class. It always takes the same amount of randomness.
func (b Bias) Choose(inClass bool, planted, drawn string, legal []string, rng *rand.Rand) int {
	follows, other := rng.Float64() < b.Strength, rng.IntN(len(legal)-1)
	at, want := slices.Index(legal, drawn), slices.Index(legal, planted)
	switch {
	case !follows:
		return at
	case inClass:
		return want
	case at != want:
		return at
	case other >= want:
		return other + 1 // any value but the planted one
	default:
		return other
	}
}
