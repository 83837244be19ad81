package train

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"otherwise/classify"
	"otherwise/datasets"
	"otherwise/metrics"
	"otherwise/nn"
)

// judgedPictures is how many test pictures a network is judged by when it has been fitted.
const judgedPictures = 1000

// Accuracies gives the share of pictures of which a network tells each factor rightly, by the factor's name. The network's
// logits are the factors', side by side.
func Accuracies(ctx context.Context, backend compute.Backend, net classify.ConvNet, params *nn.Params, data *Pictures, factors []datasets.Factor) (map[string]float64, error) {
	logits, err := forward(ctx, backend, params, data, func(s nn.Scope, x *Node) *Node { return net.Forward(s, net.Preprocess(x), nil) })
	if err != nil {
		return nil, err
	}
	right := make([]int, len(factors))
	for i := range data.Len() {
		values, err := data.values(i, factors)
		if err != nil {
			return nil, err
		}
		row, from := logits.RawRowView(i), 0
		for k, f := range factors {
			if floats.MaxIdx(row[from:from+len(f.Values)]) == int(values[k]) {
				right[k]++
			}
			from += len(f.Values)
		}
	}
	shares := map[string]float64{}
	for k, f := range factors {
		shares[f.Name] = float64(right[k]) / float64(max(data.Len(), 1))
	}
	return shares, nil
}

// EncoderQuality says whether an encoder learned features that tell pictures apart, or gives all of them the same ones.
type EncoderQuality struct {
	// Deviation is the mean over channels of the expanded features' standard deviation: about 1 as VICReg wants it, 0 of an
	// encoder that collapsed.
	Deviation float64 `json:"deviation"`
	// Rank is the participation ratio of the eigenvalues of the features' covariance, (sum l)^2 / sum l^2: how many of Width
	// dimensions they spread over.
	Rank  float64 `json:"rank"`
	Width int     `json:"width"`
	// Neighbours is, for each factor, the share of pictures whose value most of their 5 nearest neighbours have, by cosine;
	// Untrained is the same of features at the initial weights, and Chance the share of the most frequent value.
	Neighbours map[string]float64 `json:"nearest_neighbours"`
	Untrained  map[string]float64 `json:"untrained_neighbours"`
	Chance     map[string]float64 `json:"chance"`
}

// neighbours is how many nearest neighbours an encoder is judged by.
const neighbours = 5

// judgeEncoder measures an encoder on test pictures, beside its initial parameters.
func judgeEncoder(ctx context.Context, backend compute.Backend, net classify.ConvEncoder, params, initial *nn.Params, data *Pictures) (*EncoderQuality, error) {
	expanded, err := forward(ctx, backend, params, data, func(s nn.Scope, x *Node) *Node {
		return net.Expand(s, net.Features(s, net.Preprocess(x), nil))
	})
	if err != nil {
		return nil, err
	}
	embed := func(s nn.Scope, x *Node) *Node { return net.Embed(s, net.Preprocess(x)) }
	features, err := forward(ctx, backend, params, data, embed)
	if err != nil {
		return nil, err
	}
	untrained, err := forward(ctx, backend, initial, data, embed)
	if err != nil {
		return nil, err
	}
	q := &EncoderQuality{Rank: participation(features), Width: net.Width(), Neighbours: map[string]float64{}, Untrained: map[string]float64{}, Chance: map[string]float64{}}
	for _, d := range deviations(expanded) {
		q.Deviation += d / float64(net.Expanded)
	}
	factors := data.Factors()
	labels := make([][]int, len(factors))
	for i := range data.Len() {
		values, err := data.values(i, factors)
		if err != nil {
			return nil, err
		}
		for k, v := range values {
			labels[k] = append(labels[k], int(v))
		}
	}
	for k, f := range factors {
		if q.Neighbours[f.Name], err = metrics.NeighbourAccuracy(features, labels[k], neighbours); err != nil {
			return nil, err
		}
		if q.Untrained[f.Name], err = metrics.NeighbourAccuracy(untrained, labels[k], neighbours); err != nil {
			return nil, err
		}
		counts := make([]float64, len(f.Values))
		for _, v := range labels[k] {
			counts[v]++
		}
		q.Chance[f.Name] = floats.Max(counts) / float64(data.Len())
	}
	return q, nil
}

// deviations are the standard deviations of a matrix's columns.
func deviations(m *mat.Dense) []float64 {
	_, columns := m.Dims()
	out := make([]float64, columns)
	for j := range out {
		out[j] = stat.StdDev(mat.Col(nil, j, m), nil)
	}
	return out
}

// participation is (sum l)^2 / sum l^2 of the eigenvalues l of the columns' covariance, which needs no eigenvalues: the trace
// squared by the sum of all squared elements.
func participation(m *mat.Dense) float64 {
	var covariance mat.SymDense
	stat.CovarianceMatrix(&covariance, m, nil)
	norm := mat.Norm(&covariance, 2)
	if norm == 0 || math.IsNaN(norm) {
		return 0
	}
	trace := mat.Trace(&covariance)
	return trace * trace / (norm * norm)
}

// setStatistics measures mean and variance of an encoder's features over pictures, and puts them among its parameters.
func setStatistics(ctx context.Context, backend compute.Backend, net classify.ConvEncoder, params *nn.Params, data *Pictures) error {
	features, err := forward(ctx, backend, params, data, func(s nn.Scope, x *Node) *Node { return net.Features(s, net.Preprocess(x), nil) })
	if err != nil {
		return err
	}
	mean, variance := make([]float32, net.Width()), make([]float32, net.Width())
	for j := range mean {
		m, v := stat.MeanVariance(mat.Col(nil, j, features), nil)
		if math.IsNaN(m) || math.IsNaN(v) {
			return fmt.Errorf("feature %d of the encoder has mean %g and variance %g over %d pictures", j, m, v, data.Len())
		}
		mean[j], variance[j] = float32(m), float32(v)
	}
	for name, values := range map[string][]float32{"running_mean": mean, "running_var": variance} {
		params.Set(classify.Statistics+"."+name, tensors.FromFlatDataAndDimensions(values, len(values)))
	}
	return nil
}
