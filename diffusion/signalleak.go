package diffusion

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"otherwise/nn"
)

// SignalLeak is what a noise schedule leaves of the latents at its last timestep. There z_T = sqrt(alpha) z_0 + sqrt(1-alpha) noise,
// and where alpha is above 0 a denoiser reads off z_T the colours that go on a picture's parts; sampled from noise alone, it
// finds middling ones. Samples start from a leak that is drawn, too: the normal distribution of latents averaged over the cells of a
// grid, which is all that a few percent of signal tell.
//
// Its parameters are "mean" [values] and "factor" [values, values], the covariance's Cholesky factor, of Side x Side x Channels values, row
// by row.
// Source: Everaert et al., 2024 (Exploiting the Signal-Leak Bias in Diffusion Models).
type SignalLeak struct {
	Side     int `json:"side"` // cells of the grid in each direction; a divisor of the latents' sides
	Channels int `json:"channels"`
}

// Validate checks the grid against the latents' channels.
func (l SignalLeak) Validate(channels int) error {
	if l.Side < 1 || l.Side > 16 || l.Channels != channels {
		return fmt.Errorf("signal leak of %dx%d cells of %d channels; legal are 1 to 16 cells a side, and the latents' %d channels",
			l.Side, l.Side, l.Channels, channels)
	}
	return nil
}

// Values is how many values describe a leak.
func (l SignalLeak) Values() int { return l.Side * l.Side * l.Channels }

// Average is a latent z [batch, height, width, channels] averaged over the grid's cells, [batch, values].
func (l SignalLeak) Average(z *Node) *Node {
	d := z.Shape().Dimensions
	cells := Reshape(z, d[0], l.Side, d[1]/l.Side, l.Side, d[2]/l.Side, d[3])
	return Reshape(ReduceMean(cells, 2, 4), d[0], l.Values())
}

// Start is where samples start: the noise [batch, height, width, channels] at the level alpha of the first move's timestep, and the leaks
// that standard normal draws [batch, values] make.
func (l SignalLeak) Start(s nn.Scope, noise, draws, alpha *Node) *Node {
	mean, factor := s.Param("mean", nn.Constant(0), l.Values()), s.Param("factor", nn.Constant(0), l.Values(), l.Values())
	d := noise.Shape().Dimensions
	leak := Add(Dot(draws, Transpose(factor, 0, 1)).Product(), ExpandAxes(mean, 0))
	leak = Reshape(leak, d[0], l.Side, 1, l.Side, 1, l.Channels)
	leak = Reshape(BroadcastToDims(leak, d[0], l.Side, d[1]/l.Side, l.Side, d[2]/l.Side, l.Channels), d...)
	return AddNoise(leak, alpha, noise)
}

// Fit gives the parameters of averaged latents [pictures, values]. It takes more pictures than values.
func (l SignalLeak) Fit(averages *mat.Dense) (*nn.Params, error) {
	pictures, values := averages.Dims()
	if values != l.Values() || pictures <= values {
		return nil, fmt.Errorf("signal leak: %d values of %d pictures; there are to be %d values of more pictures than that", values, pictures, l.Values())
	}
	mean, factor := make([]float32, values), make([]float32, values*values)
	for k := range values {
		mean[k] = float32(stat.Mean(mat.Col(nil, k, averages), nil))
	}
	covariance := mat.NewSymDense(values, nil)
	stat.CovarianceMatrix(covariance, averages, nil)
	jitter := 1e-4*mat.Trace(covariance)/float64(values) + 1e-12 // a value may be the same in all pictures
	for k := range values {
		covariance.SetSym(k, k, covariance.At(k, k)+jitter)
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(covariance) {
		return nil, errors.New("signal leak: the latents' covariance can't be factorised; are there NaNs among them?")
	}
	var lower mat.TriDense
	cholesky.LTo(&lower)
	for i := range values {
		for j := range i + 1 {
			factor[i*values+j] = float32(lower.At(i, j))
		}
	}
	params := nn.NewParams()
	params.Set("mean", tensors.FromFlatDataAndDimensions(mean, values))
	params.Set("factor", tensors.FromFlatDataAndDimensions(factor, values, values))
	return params, nil
}
