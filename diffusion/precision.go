package diffusion

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// DenoiserIn makes a denoiser compute in the given type: float16 or bfloat16 instead of float32. What goes in and comes out
// keeps its own type, and norms and softmax are computed in float32 in any case.
func DenoiserIn(d Denoiser, dtype dtypes.DType) Denoiser {
	if dtype == dtypes.Float32 {
		return d
	}
	return halfDenoiser{d, dtype}
}

type halfDenoiser struct {
	Denoiser
	dtype dtypes.DType
}

func (h halfDenoiser) Eps(s nn.Scope, z, t, cond *Node) *Node {
	if cond.DType().IsFloat() { // and no class index
		cond = nn.Cast(cond, h.dtype)
	}
	return nn.Cast(h.Denoiser.Eps(s.In(h.dtype), nn.Cast(z, h.dtype), t, cond), z.DType())
}

// AutoencoderIn is [DenoiserIn] for an autoencoder.
func AutoencoderIn(a Autoencoder, dtype dtypes.DType) Autoencoder {
	if dtype == dtypes.Float32 {
		return a
	}
	return halfAutoencoder{a, dtype}
}

type halfAutoencoder struct {
	Autoencoder
	dtype dtypes.DType
}

func (h halfAutoencoder) Encode(s nn.Scope, x *Node) (mean, logvar *Node) {
	mean, logvar = h.Autoencoder.Encode(s.In(h.dtype), nn.Cast(x, h.dtype))
	if logvar == nil { // an autoencoder without a posterior
		return nn.Cast(mean, x.DType()), nil
	}
	return nn.Cast(mean, x.DType()), nn.Cast(logvar, x.DType())
}

func (h halfAutoencoder) Decode(s nn.Scope, z *Node) *Node {
	return nn.Cast(h.Autoencoder.Decode(s.In(h.dtype), nn.Cast(z, h.dtype)), z.DType())
}
