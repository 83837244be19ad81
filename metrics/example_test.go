package metrics_test

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"otherwise/counterfactual"
	"otherwise/kernel"
	"otherwise/metrics"
)

// row is a grey picture one pixel high.
func row(values ...float32) counterfactual.Picture {
	return counterfactual.Picture{Height: 1, Width: len(values), Channels: 1, Values: values}
}

func ExampleLp() {
	original, found := row(0, 0, 1, 1), row(0.3, 0.4, 1, 1)
	for _, p := range []float64{1, 2} {
		fmt.Printf("L%g %.2f\n", p, kernel.Must(metrics.Lp([]counterfactual.Picture{original}, []counterfactual.Picture{found}, p)))
	}
	// Output:
	// L1 0.70
	// L2 0.50
}

// A classifier that looks at the first pixel only: inserting that one turns it at once.
func ExampleCOUT() {
	classify := func(pictures ...counterfactual.Picture) ([][]float64, error) {
		var rows [][]float64
		for _, p := range pictures {
			bright := float64(p.Values[0])
			rows = append(rows, []float64{1 - bright, bright})
		}
		return rows, nil
	}
	curves := kernel.Must(metrics.COUT([]counterfactual.Picture{row(0, 0, 0, 0)}, []counterfactual.Picture{row(1, 0.5, 0, 0)},
		[]int{0}, []int{1}, classify, metrics.COUTOptions{}))
	fmt.Println(curves[0].Target, curves[0].COUT)
	// Output: [0 1 1 1 1] 0.75
}

// Both trivial answers, the unchanged picture and any picture of the target class, are further from the truth.
func ExampleToTruth() {
	truth, original, random := row(1, 0, 0, 0), row(0, 0, 0, 0), row(1, 1, 1, 1)
	c := kernel.Must(metrics.ToTruth(truth, row(0.8, 0, 0, 0), original, random, metrics.MeanAbsolute))
	fmt.Printf("found %.2f, unchanged %.2f, random %.2f, nearer than both: %t\n", c.Found, c.Unchanged, c.Random, c.Closer())
	// Output: found 0.05, unchanged 0.25, random 0.75, nearer than both: true
}

func ExampleFID() {
	a := mat.NewDense(4, 2, []float64{0, 0, 0, 1, 1, 0, 1, 1})
	b := mat.NewDense(4, 2, []float64{3, 4, 3, 5, 4, 4, 4, 5}) // the same, moved by (3, 4)
	fmt.Printf("%.3f\n", kernel.Must(metrics.FID(a, b)))
	// Output: 25.000
}

func ExampleAverageRank() {
	// Two methods by FID, lower is better, and flip ratio, higher is better.
	average, _, err := metrics.AverageRank([][]float64{{14.0, 0.83}, {21.7, 0.98}}, []bool{true, false})
	fmt.Println(average, err)
	// Output: [1.5 1.5] <nil>
}
