package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// VerificationThreshold is the cosine above which two faces count as one person's, for FVA.
const VerificationThreshold = 0.5

// Cosines are the cosines of the rows of two feature matrices, one by one; of a zero row 0. Their mean is S3 on SimSiam's
// projections and FS on features of a network that recognises faces; see [FVA].
func Cosines(a, b *mat.Dense) ([]float64, error) {
	if err := sameShape(a, b); err != nil {
		return nil, err
	}
	rows, _ := a.Dims()
	out := make([]float64, rows)
	for i := range out {
		out[i] = cosine(a.RawRowView(i), b.RawRowView(i))
	}
	return out, nil
}

func cosine(a, b []float64) float64 {
	return floats.Dot(a, b) / max(floats.Norm(a, 2)*floats.Norm(b, 2), 1e-8)
}

// MeanCosine is the mean of [Cosines]: S3, or FS.
func MeanCosine(a, b *mat.Dense) (float64, error) {
	cosines, err := Cosines(a, b)
	if err != nil {
		return 0, err
	}
	return average(cosines), nil
}

// FVA is the face verification accuracy: the share of pairs whose cosine is above [VerificationThreshold].
func FVA(a, b *mat.Dense) (float64, error) {
	cosines, err := Cosines(a, b)
	if err != nil {
		return 0, err
	}
	same := 0
	for _, c := range cosines {
		if c > VerificationThreshold {
			same++
		}
	}
	return float64(same) / float64(len(cosines)), nil
}

// ClosestClasses walks, for each row, over the other rows from the most similar one on and collects the first n distinct
// labels other than its own: LDCE's target classes by representation (section 5). Ties go to the lower number.
func ClosestClasses(features *mat.Dense, labels []int, n int) ([][]int, error) {
	rows, _ := features.Dims()
	if len(labels) != rows {
		return nil, fmt.Errorf("%d labels for %d rows of features", len(labels), rows)
	}
	out := make([][]int, rows)
	for i := range out {
		var err error
		if out[i], err = ClosestTo(features.RawRowView(i), labels[i], features, labels, n); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return out, nil
}

// ClosestTo is [ClosestClasses] for the features of one picture, of the class own, which need not be among the rows.
func ClosestTo(picture []float64, own int, features *mat.Dense, labels []int, n int) ([]int, error) {
	rows, width := features.Dims()
	if len(labels) != rows || len(picture) != width {
		return nil, fmt.Errorf("%d labels for %d rows of %d features, compared with %d", len(labels), rows, width, len(picture))
	}
	similar := make([]float64, rows)
	for j := range similar {
		if similar[j] = cosine(picture, features.RawRowView(j)); math.IsNaN(similar[j]) {
			return nil, fmt.Errorf("the cosine with the features of row %d is NaN", j)
		}
	}
	var closest []int
	seen := map[int]bool{own: true}
	for _, j := range byChange(similar) {
		if len(closest) == n {
			break
		}
		if !seen[labels[j]] {
			seen[labels[j]] = true
			closest = append(closest, labels[j])
		}
	}
	return closest, nil
}

func sameShape(a, b *mat.Dense) error {
	ar, ac := a.Dims()
	br, bc := b.Dims()
	if ar != br || ac != bc || ar == 0 {
		return fmt.Errorf("matrices of %dx%d and %dx%d can't be compared row by row", ar, ac, br, bc)
	}
	return nil
}

// NeighbourAccuracy is the share of rows whose label most of their k most similar other rows have, by cosine: how well
// features tell the labels without having learned them. Of labels as frequent the one with the nearest row counts.
func NeighbourAccuracy(features *mat.Dense, labels []int, k int) (float64, error) {
	rows, _ := features.Dims()
	if len(labels) != rows || k < 1 || rows <= k {
		return 0, fmt.Errorf("%d nearest neighbours of %d rows of features with %d labels", k, rows, len(labels))
	}
	right := 0
	similar := make([]float64, rows)
	for i := range rows {
		for j := range similar {
			similar[j] = cosine(features.RawRowView(i), features.RawRowView(j))
			if math.IsNaN(similar[j]) {
				return 0, fmt.Errorf("features of rows %d or %d are NaN", i, j)
			}
		}
		similar[i] = math.Inf(-1)
		counts, best := map[int]int{}, -1
		nearest := byChange(similar)[:k]
		for _, j := range nearest {
			counts[labels[j]]++
		}
		for _, j := range nearest {
			if best < 0 || counts[labels[j]] > counts[best] {
				best = labels[j]
			}
		}
		if best == labels[i] {
			right++
		}
	}
	return float64(right) / float64(rows), nil
}
