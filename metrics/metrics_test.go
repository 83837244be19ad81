package metrics

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"otherwise/counterfactual"
)

// picture makes a grey picture of two pixels a row.
func picture(values ...float32) counterfactual.Picture {
	return counterfactual.Picture{Height: len(values) / 2, Width: 2, Channels: 1, Values: values}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

func TestLp(t *testing.T) {
	a, b := []counterfactual.Picture{picture(0, 0, 0, 0), picture(1, 1, 1, 1)}, []counterfactual.Picture{picture(0.5, 0, 0, 0), picture(1, 0, 1, 0)}
	for p, want := range map[float64]float64{1: 1.25, 2: (0.5 + math.Sqrt2) / 2} {
		got, err := Lp(a, b, p)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "Lp", got, want)
	}
	for _, bad := range [][]counterfactual.Picture{nil, b[:1], {picture(0, 0), picture(0, 0)}} {
		if _, err := Lp(a, bad, 1); err == nil {
			t.Errorf("%v can be compared", bad)
		}
	}
	if _, err := Lp(a, b, 0); err == nil {
		t.Error("order 0 passes")
	}
}

func TestBackgroundMSECountsTheBackgroundOnly(t *testing.T) {
	mask := counterfactual.Grid{Height: 2, Width: 2, Values: []float32{1, 1, 0, 0}}
	got, err := BackgroundMSE([]counterfactual.Picture{picture(0, 0, 0, 0)}, []counterfactual.Picture{picture(1, 1, 0.5, 0)}, []counterfactual.Grid{mask})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "background MSE", got[0], 0.125)
	mean, half := Interval([]float64{1, 2, 3, 4})
	near(t, "mean", mean, 2.5)
	near(t, "half width", half, 1.959963984540054*math.Sqrt(5.0/3)/2)
}

// first is a classifier whose class 1 is as likely as the first pixel is bright.
func first(pictures ...counterfactual.Picture) ([][]float64, error) {
	rows := [][]float64{}
	for _, p := range pictures {
		v := float64(p.Values[0])
		rows = append(rows, []float64{1 - v, v})
	}
	return rows, nil
}

func TestCOUT(t *testing.T) {
	original, found := picture(0, 0, 0, 0), picture(1, 0.5, 0, 0.25)
	curves, err := COUT([]counterfactual.Picture{original}, []counterfactual.Picture{found}, []int{0}, []int{1}, first, COUTOptions{Steps: 4, Paper: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{0, 1, 1, 1, 1}, curves[0].Target); diff != "" { // the most changed pixel comes first
		t.Error(diff)
	}
	near(t, "COUT", curves[0].COUT, 3.5/4-0.5/4)
	if original.Values[0] != 0 {
		t.Error("the original was changed")
	}
	same, err := COUT([]counterfactual.Picture{found}, []counterfactual.Picture{found}, []int{0}, []int{1}, first, COUTOptions{Steps: 4})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "COUT of an unchanged picture", same[0].COUT, 1)
	failing := func(...counterfactual.Picture) ([][]float64, error) { return nil, errors.New("broken") }
	if _, err := COUT([]counterfactual.Picture{found}, []counterfactual.Picture{found}, []int{0}, []int{1}, failing, COUTOptions{}); err == nil {
		t.Error("a classifier's error is lost")
	}
	if _, err := COUT([]counterfactual.Picture{found}, []counterfactual.Picture{found}, []int{0}, []int{2}, first, COUTOptions{}); err == nil {
		t.Error("an unknown class passes")
	}
}

func TestFIDOfKnownGaussians(t *testing.T) {
	// means 0 and 3, variances 2 and 2: only the means differ
	a, b := mat.NewDense(2, 1, []float64{-1, 1}), mat.NewDense(2, 1, []float64{2, 4})
	got, err := FID(a, b)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "FID", got, 9)
	if _, err := FID(a, mat.NewDense(1, 1, nil)); err == nil {
		t.Error("one picture has no covariance")
	}
	if _, _, err := SplitFID(a, b, []int{0, 7}); err == nil {
		t.Error("an order beyond the pictures passes")
	}
}

func TestAverageRankLeavesOutWhatWasNotMeasured(t *testing.T) {
	average, ranks, err := AverageRank([][]float64{{1, 5}, {2, math.NaN()}, {2, 7}}, []bool{true, false})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{1.5, 2.5, 1.75}, average); diff != "" {
		t.Error(diff)
	}
	if !math.IsNaN(ranks[1][1]) {
		t.Error("what was not measured has a rank")
	}
}

func TestToTruth(t *testing.T) {
	truth, original, random := picture(1, 1, 0, 0), picture(0, 0, 0, 0), picture(1, 1, 1, 1)
	c, err := ToTruth(truth, picture(1, 0.5, 0, 0), original, random, MeanAbsolute)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Closeness{Found: 0.125, Unchanged: 0.5, Random: 0.5}, c); diff != "" || !c.Closer() {
		t.Errorf("closer %v; %s", c.Closer(), diff)
	}
	mean, closer := MeanCloseness([]Closeness{c, {Found: 0.6, Unchanged: 0.5, Random: 1}})
	near(t, "share that is closer", closer, 0.5)
	near(t, "mean distance", mean.Found, (0.125+0.6)/2)
	for _, n := range []int{0, 1, 49, 60, 300} { // a sum of 49 forty-ninths is not 1
		if _, closer := MeanCloseness(slices.Repeat([]Closeness{c}, n)); closer != float64(min(n, 1)) {
			t.Errorf("of %d pictures, all nearer, the share is %.17g", n, closer)
		}
	}
}

func TestRegionsAgainstTheTruth(t *testing.T) {
	original, found := picture(0, 0, 0, 0), picture(1, 0.3, 0.05, 0)
	changed, err := ChangedRegion(original, found, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{1, 1, 0, 0}, changed.Values); diff != "" {
		t.Error(diff)
	}
	coarse := &counterfactual.Grid{Height: 1, Width: 1, Channels: 1, Values: []float32{1}}
	iou, err := IoU(changed, coarse)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "IoU", iou, 0.5)
	empty := &counterfactual.Grid{Height: 2, Width: 2, Channels: 1, Values: make([]float32, 4)}
	if iou, _ = IoU(empty, empty); iou != 1 {
		t.Errorf("IoU of two empty masks is %g, want 1", iou)
	}
	inside, err := ChangeInside(original, found, &counterfactual.Grid{Height: 2, Width: 2, Values: []float32{1, 0, 0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(inside-1/1.35) > 1e-6 {
		t.Errorf("share inside %g, want %g", inside, 1/1.35)
	}
	near(t, "planted share", PlantedShare([]float64{0.9, 0.2, 0.5, 0.6}), 0.5)
}

func TestFactorsKept(t *testing.T) {
	before := map[string]string{"class": "zebra", "land": "sand", "sky": "day"}
	kept, err := FactorsKept(before, map[string]string{"class": "sorrel", "land": "snow", "sky": "day"}, "class")
	if err != nil {
		t.Fatal(err)
	}
	near(t, "factors kept", kept, 0.5)
	if _, err := FactorsKept(before, map[string]string{}, "class"); err == nil {
		t.Error("a factor that is not known after passes")
	}
}

func TestDiversity(t *testing.T) {
	got, err := Diversity(3, func(i, j int) (float64, error) { return float64(i + j), nil })
	if err != nil {
		t.Fatal(err)
	}
	near(t, "diversity", got, 2)
	if _, err := Diversity(1, nil); err == nil {
		t.Error("one result has a diversity")
	}
}
