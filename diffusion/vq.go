package diffusion

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion/internal/fields"
	"otherwise/nn"
)

// VQ is an autoencoder whose latents are, on decoding, moved to the nearest of a codebook's entries: the first stage of
// class-conditional latent diffusion on ImageNet. Field and parameter names are those of diffusers' VQModel.
// Source: van den Oord et al., 2017; latent diffusion (VQModelInterface).
type VQ struct {
	InChannels       int      `json:"in_channels"`
	OutChannels      int      `json:"out_channels"`
	LatentChannels   int      `json:"latent_channels"`
	BlockOutChannels []int    `json:"block_out_channels"`
	LayersPerBlock   int      `json:"layers_per_block"`
	NormNumGroups    int      `json:"norm_num_groups"`
	Codes            int      `json:"num_vq_embeddings"`      // entries of the codebook
	CodeChannels     int      `json:"vq_embed_dim,omitempty"` // their width; none given is LatentChannels
	DownBlockTypes   []string `json:"down_block_types,omitempty"`
	UpBlockTypes     []string `json:"up_block_types,omitempty"`
	// MidBlockAddAttention is as in [AutoencoderKL].
	MidBlockAddAttention *bool `json:"mid_block_add_attention,omitempty"`
	// ForceNotQuantize decodes latents as they are, as the public codes do where they ask for it.
	ForceNotQuantize bool `json:"force_not_quantize,omitempty"`
}

// vqConfig is what is known of published VQ models.
var vqConfig = fields.Kind{Name: "VQ model", Ignored: []string{"sample_size", "scaling_factor", "force_upcast"},
	Fixed: map[string][]string{"act_fn": {`"silu"`, `"swish"`}, "norm_type": {`"group"`}, "lookup_from_codebook": {"false"}}}

// ParseVQ reads the config.json of a published VQModel. A field that changes the network in a way that isn't implemented
// is an error that names it.
func ParseVQ(raw []byte) (VQ, error) {
	v := VQ{InChannels: 3, OutChannels: 3, LatentChannels: 3, BlockOutChannels: []int{64}, LayersPerBlock: 1, NormNumGroups: 32, Codes: 256}
	if err := vqConfig.Parse(raw, &v); err != nil {
		return VQ{}, err
	}
	return v, v.Validate()
}

// Validate reports a configuration that no network can be built from.
func (v VQ) Validate() error {
	if v.InChannels < 1 || v.OutChannels < 1 || v.LatentChannels < 1 || v.Codes < 1 || v.CodeChannels < 0 {
		return fmt.Errorf("VQ model: in_channels, out_channels, latent_channels and num_vq_embeddings must be positive, vq_embed_dim not negative")
	}
	_, err := v.pyramid()
	return err
}

func (v VQ) pyramid() (pyramid, error) {
	return newPyramid("VQ model", v.BlockOutChannels, v.LayersPerBlock, v.NormNumGroups, v.DownBlockTypes, v.UpBlockTypes, v.MidBlockAddAttention)
}

// Factor is the side of a picture divided by the side of its latent.
func (v VQ) Factor() int { return 1 << (len(v.BlockOutChannels) - 1) }

// Channels is the number of channels of a latent: those of the codebook's entries.
func (v VQ) Channels() int {
	if v.CodeChannels > 0 {
		return v.CodeChannels
	}
	return v.LatentChannels
}

// Encode returns the latent [batch, height/f, width/f, channels], not quantised, of pictures x
// [batch, height, width, channels] in [-1, 1]. There is no log-variance: it is nil.
func (v VQ) Encode(s nn.Scope, x *Node) (latent, logvar *Node) {
	h := must(v.pyramid()).encode(s.Sub("encoder"), x, v.LatentChannels)
	return nn.Conv2D(s.Sub("quant_conv"), h, v.Channels(), 1), nil
}

// Quantise moves each position of latents z [batch, height, width, channels] to the nearest entry of the codebook, and
// returns those entries' numbers, [batch, height, width] int32. The gradient passes straight through.
func (v VQ) Quantise(s nn.Scope, z *Node) (quantised, codes *Node) {
	d := z.Shape().Dimensions
	book := s.Sub("quantize").Sub("embedding").Param("weight", nn.Normal(1), v.Codes, d[3])
	// |z - e|^2 without |z|^2, which is the same for all entries, in float32 whatever the network computes in.
	flat, e := ConvertDType(Reshape(StopGradient(z), -1, d[3]), dtypes.Float32), ConvertDType(book, dtypes.Float32)
	squares := ExpandAxes(ReduceSum(Square(e), 1), 0)
	distance := Sub(squares, MulScalar(DotGeneral(flat, []int{1}, nil, e, []int{1}, nil), 2))
	nearest := ArgMin(distance, 1, dtypes.Int32)
	entries := Reshape(Gather(book, ExpandAxes(nearest, -1)), d...)
	return Add(z, StopGradient(Sub(entries, z))), Reshape(nearest, d[:3]...)
}

// Decode returns the picture [batch, height*f, width*f, channels], nominally in [-1, 1] and not clamped, of latents z
// [batch, height, width, channels], which are quantised first unless ForceNotQuantize is set.
func (v VQ) Decode(s nn.Scope, z *Node) *Node {
	if !v.ForceNotQuantize {
		z, _ = v.Quantise(s, z)
	}
	h := nn.Conv2D(s.Sub("post_quant_conv"), z, v.LatentChannels, 1)
	return must(v.pyramid()).decode(s.Sub("decoder"), h, v.OutChannels)
}

// Approximate is false: this is the autoencoder that a denoiser is trained with.
func (VQ) Approximate() bool { return false }

// DecoderParam reports whether the named parameter belongs to the decoding half without the codebook: the decoder and
// post_quant_conv, the part that ECED fits to one picture.
func (v VQ) DecoderParam(name string) bool { return decoderParam(name) }
