package diffusion

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion/internal/fields"
	"otherwise/nn"
)

// AutoencoderTiny is a small autoencoder that was distilled from a large one (TAESD): it takes a fraction of the time
// and gives pictures that look alike but are not the same, for previews of latents and as a cheap decoder. Whoever shows
// what it decodes says so, see [AutoencoderTiny.Approximate]. Field and parameter names are those of diffusers'
// AutoencoderTiny.
type AutoencoderTiny struct {
	InChannels       int   `json:"in_channels"`
	OutChannels      int   `json:"out_channels"`
	LatentChannels   int   `json:"latent_channels"`
	EncoderWidths    []int `json:"encoder_block_out_channels"` // of the levels, finest first
	DecoderWidths    []int `json:"decoder_block_out_channels"` // from the lowest level up
	NumEncoderBlocks []int `json:"num_encoder_blocks"`
	NumDecoderBlocks []int `json:"num_decoder_blocks"`
}

// tinyConfig is what is known of published tiny autoencoders.
var tinyConfig = fields.Kind{Name: "tiny autoencoder",
	Ignored: []string{"sample_size", "scaling_factor", "force_upcast", "latent_magnitude", "latent_shift", "block_out_channels"},
	Fixed: map[string][]string{"act_fn": {`"relu"`}, "upsample_fn": {`"nearest"`}, "upsampling_scaling_factor": {"2"},
		"shift_factor": {"null", "0"}}}

// ParseAutoencoderTiny reads the config.json of a published AutoencoderTiny. A field that changes the network in a way
// that isn't implemented is an error that names it.
func ParseAutoencoderTiny(raw []byte) (AutoencoderTiny, error) {
	a := AutoencoderTiny{InChannels: 3, OutChannels: 3, LatentChannels: 4,
		EncoderWidths: []int{64, 64, 64, 64}, DecoderWidths: []int{64, 64, 64, 64},
		NumEncoderBlocks: []int{1, 3, 3, 3}, NumDecoderBlocks: []int{3, 3, 3, 1}}
	if err := tinyConfig.Parse(raw, &a); err != nil {
		return AutoencoderTiny{}, err
	}
	return a, a.Validate()
}

// Validate reports a configuration that no network can be built from. The levels' widths must be equal: that is how the
// published layout comes without layers that change the width.
func (a AutoencoderTiny) Validate() error {
	if a.InChannels < 1 || a.OutChannels < 1 || a.LatentChannels < 1 {
		return fmt.Errorf("tiny autoencoder: in_channels, out_channels and latent_channels must be positive")
	}
	levels := len(a.EncoderWidths)
	if levels == 0 || levels > maxLevels || len(a.DecoderWidths) != levels || len(a.NumEncoderBlocks) != levels || len(a.NumDecoderBlocks) != levels {
		return fmt.Errorf("tiny autoencoder: %d widths and %d block numbers of the encoder, %d and %d of the decoder; "+
			"all must be as many, one a level, at most %d", levels, len(a.NumEncoderBlocks), len(a.DecoderWidths), len(a.NumDecoderBlocks), maxLevels)
	}
	if blocks := slices.Concat(a.NumEncoderBlocks, a.NumDecoderBlocks); slices.Min(blocks) < 0 || slices.Max(blocks) > maxLayers {
		return fmt.Errorf("tiny autoencoder: numbers of blocks are %v; legal are 0 to %d", blocks, maxLayers)
	}
	for _, widths := range [][]int{a.EncoderWidths, a.DecoderWidths} {
		if widths[0] < 1 || slices.Min(widths) != slices.Max(widths) {
			return fmt.Errorf("tiny autoencoder: widths are %v; all of one half must be the same, and positive", widths)
		}
	}
	return nil
}

// Approximate reports that decoded pictures only resemble those of the autoencoder that the latents were made for.
func (AutoencoderTiny) Approximate() bool { return true }

// Factor is the side of a picture divided by the side of its latent.
func (a AutoencoderTiny) Factor() int { return 1 << (len(a.EncoderWidths) - 1) }

// Channels is the number of channels of a latent.
func (a AutoencoderTiny) Channels() int { return a.LatentChannels }

// Encode returns the latent [batch, height/f, width/f, latent channels], in the denoiser's units, of pictures x
// [batch, height, width, channels] in [-1, 1]. There is no log-variance: it is nil.
func (a AutoencoderTiny) Encode(s nn.Scope, x *Node) (latent, logvar *Node) {
	l := layerCounter{s: s.Sub("encoder").Sub("layers")}
	h := ToUnit(x)
	for level, blocks := range a.NumEncoderBlocks {
		if level == 0 {
			h = nn.Conv2D(l.next(), h, a.EncoderWidths[0], 3)
		} else {
			h = nn.Conv(l.next(), h, a.EncoderWidths[level], nn.SquareConv(3, 2, 1))
		}
		for range blocks {
			h = tinyBlock(l.next(), h)
		}
	}
	return nn.Conv2D(l.next(), h, a.LatentChannels, 3), nil
}

// Decode returns the picture [batch, height*f, width*f, channels], nominally in [-1, 1] and not clamped, of latents z
// [batch, height, width, latent channels] in the denoiser's units.
func (a AutoencoderTiny) Decode(s nn.Scope, z *Node) *Node {
	l := layerCounter{s: s.Sub("decoder").Sub("layers")}
	h := MulScalar(Tanh(DivScalar(z, 3)), 3)
	h = nn.ReLU(nn.Conv2D(l.next(), h, a.DecoderWidths[0], 3))
	l.skip() // the activation
	for level, blocks := range a.NumDecoderBlocks {
		for range blocks {
			h = tinyBlock(l.next(), h)
		}
		if level < len(a.NumDecoderBlocks)-1 {
			l.skip() // the upsampling
			h = nn.Conv(l.next(), nn.Upsample2x(h), a.DecoderWidths[level], nn.SquareConv(3, 1, 1))
		}
	}
	return FromUnit(nn.Conv2D(l.next(), h, a.OutChannels, 3))
}

// DecoderParam reports whether the named parameter belongs to the decoding half.
func (a AutoencoderTiny) DecoderParam(name string) bool { return strings.HasPrefix(name, "decoder.") }

// tinyBlock is three convolutions with ReLU between them, added to their input, and ReLU.
func tinyBlock(s nn.Scope, x *Node) *Node {
	width := x.Shape().Dimensions[3]
	h := nn.ReLU(nn.Conv2D(s.Sub("conv").Sub("0"), x, width, 3))
	h = nn.ReLU(nn.Conv2D(s.Sub("conv").Sub("2"), h, width, 3))
	return nn.ReLU(Add(nn.Conv2D(s.Sub("conv").Sub("4"), h, width, 3), x))
}

// layerCounter numbers the layers of a sequence.
type layerCounter struct {
	s nn.Scope
	n int
}

func (l *layerCounter) next() nn.Scope {
	s := l.s.Sub(strconv.Itoa(l.n))
	l.n++
	return s
}

func (l *layerCounter) skip() { l.n++ }
