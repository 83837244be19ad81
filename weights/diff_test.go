package weights

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	src := openDTypes(t)
	wanted := map[string][]int{}
	for _, name := range src.Names() {
		if dtype, shape, err := src.Info(name); err != nil {
			t.Fatal(err)
		} else if dtype.IsFloat() {
			wanted[name] = shape
		}
	}
	if err := Diff(src, wanted); err != nil {
		t.Errorf("buffers of integers count: %v", err)
	}
	delete(wanted, "f16")
	delete(wanted, "scalar")
	wanted["bf16"] = []int{4, 3}
	wanted["conv.weight"] = []int{1}
	wanted["conv.bias"] = []int{1}
	wanted["i64"] = []int{3} // an integer tensor may be wanted
	err := Diff(src, wanted)
	var m *MismatchError
	if !errors.As(err, &m) {
		t.Fatalf("error is %v", err)
	}
	want := &MismatchError{Missing: []string{"conv.bias", "conv.weight"}, Extra: []string{"f16", "scalar"}, Misshapen: []Misshape{{"bf16", []int{3, 4}, []int{4, 3}}}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	if got, want := err.Error(), "the weights don't fit the network; tensors 2 missing: conv.bias, conv.weight; 2 not wanted: f16, scalar; 1 of another shape: bf16 is [3 4], want [4 3]"; got != want {
		t.Errorf("error is %s\nwant     %s", got, want)
	}
}

// The text is short however much is missing; the data is complete.
func TestDiffOfAnotherNetwork(t *testing.T) {
	wanted := map[string][]int{}
	for i := range 1000 {
		wanted[fmt.Sprintf("w%03d", i)] = nil
	}
	err := Diff(openDTypes(t), wanted)
	var m *MismatchError
	if !errors.As(err, &m) || len(m.Missing) != 1000 {
		t.Fatalf("error is %v", err)
	}
	if !strings.Contains(err.Error(), "1000 missing: w000, w001, ") || !strings.Contains(err.Error(), "w009 and 990 more") {
		t.Errorf("error is %v", err)
	}
}
