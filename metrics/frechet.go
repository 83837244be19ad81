package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// FID is the Frechet distance of two sets of features (Heusel et al. 2017): |mu1-mu2|^2 + tr(S1) + tr(S2) -
// 2 tr sqrt(S1 S2), covariances with n-1. The trace is that of the square roots of the eigenvalues of
// sqrt(S1) S2 sqrt(S1), negative ones, which are rounding, taken as 0; so it holds for singular covariances too, where sets
// are smaller than features. It is biased for few pictures: compare equal numbers only.
func FID(a, b *mat.Dense) (float64, error) {
	ar, ac := a.Dims()
	br, bc := b.Dims()
	if ac != bc || ar < 2 || br < 2 {
		return 0, fmt.Errorf("the Frechet distance of %dx%d and %dx%d features: needs two pictures a set and features of one kind", ar, ac, br, bc)
	}
	meanA, covA := moments(a)
	meanB, covB := moments(b)
	difference := floats.SubTo(make([]float64, ac), meanA, meanB)
	root, err := traceSqrtProduct(covA, covB)
	if err != nil {
		return 0, err
	}
	return floats.Dot(difference, difference) + mat.Trace(covA) + mat.Trace(covB) - 2*root, nil
}

func moments(x *mat.Dense) ([]float64, *mat.SymDense) {
	_, columns := x.Dims()
	mean := make([]float64, columns)
	for j := range mean {
		mean[j] = stat.Mean(mat.Col(nil, j, x), nil)
	}
	cov := mat.NewSymDense(columns, nil)
	stat.CovarianceMatrix(cov, x, nil)
	return mean, cov
}

// traceSqrtProduct is tr sqrt(a b).
func traceSqrtProduct(a, b *mat.SymDense) (float64, error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(a, true) {
		return 0, fmt.Errorf("the eigenvalues of a covariance were not found: do the features hold NaN?")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	n := a.SymmetricDim()
	roots := mat.NewDiagDense(n, nil)
	for i, v := range eigen.Values(nil) {
		roots.SetDiag(i, math.Sqrt(max(0, v)))
	}
	var half, product mat.Dense
	half.Mul(&vectors, roots)
	half.Mul(&half, vectors.T())
	product.Product(&half, b, &half)
	symmetric := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			symmetric.SetSym(i, j, (product.At(i, j)+product.At(j, i))/2)
		}
	}
	if !eigen.Factorize(symmetric, false) {
		return 0, fmt.Errorf("the eigenvalues of a product of covariances were not found: do the features hold NaN?")
	}
	var trace float64
	for _, v := range eigen.Values(nil) {
		trace += math.Sqrt(max(0, v))
	}
	return trace, nil
}

// SplitFID is sFID of ACE: the pictures in the given order are cut into halves A and B (of an odd number the middle one
// is left out), and FID is the mean of those between originals of B and counterfactuals of A, and the other way round,
// which no picture's likeness to itself flatters. parts are the two.
func SplitFID(originals, counterfactuals *mat.Dense, order []int) (mean float64, parts [2]float64, err error) {
	if err := sameShape(originals, counterfactuals); err != nil {
		return 0, parts, err
	}
	rows, _ := originals.Dims()
	if len(order) != rows {
		return 0, parts, fmt.Errorf("an order of %d for %d pictures", len(order), rows)
	}
	for _, i := range order {
		if i < 0 || i >= rows {
			return 0, parts, fmt.Errorf("the order names picture %d of %d", i, rows)
		}
	}
	a, b := order[:rows/2], order[rows-rows/2:]
	if parts[0], err = FID(choose(originals, b), choose(counterfactuals, a)); err != nil {
		return 0, parts, err
	}
	if parts[1], err = FID(choose(originals, a), choose(counterfactuals, b)); err != nil {
		return 0, parts, err
	}
	return (parts[0] + parts[1]) / 2, parts, nil
}

func choose(m *mat.Dense, rows []int) *mat.Dense {
	_, columns := m.Dims()
	out := mat.NewDense(max(1, len(rows)), columns, nil)
	for i, r := range rows {
		out.SetRow(i, m.RawRowView(r))
	}
	return out
}
