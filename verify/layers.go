package verify

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// layerParts check single layers.
var layerParts = []Part{{Files: "layers/layers_golden.safetensors", Run: checkLayers}}

// tolerances of layers by rms, and of timestep embeddings, whose angles reach 999
const (
	layerTolerance    = 1e-5
	timestepTolerance = 1e-4
)

// otherConventions are cases of conventions that no network here has: they show what a mistake would look like.
var otherConventions = regexp.MustCompile(`^(gelu_tanh|timestep_embedding\.sin_cos_shift1\..*)$`)

func checkLayers(c *Check) {
	g := c.Golden()
	for _, name := range g.Names() {
		name, expected := strings.CutPrefix(name, "expected.")
		if !expected || otherConventions.MatchString(name) {
			continue
		}
		words := strings.Split(name, ".")
		build := layerNamed(c, g, words)
		if build == nil {
			c.Errorf("%s: no layer of that name is known", name)
			continue
		}
		input, extra := layerInputs(words)
		args := []any{}
		for _, in := range append([]string{input}, extra...) {
			if in == "timesteps" {
				args = append(args, g.Ints("inputs."+in))
				continue
			}
			args = append(args, g.Tensor("inputs."+in))
		}
		tolerance := golden.RMS(layerTolerance)
		if words[0] == "timestep_embedding" {
			tolerance = golden.Absolute(timestepTolerance)
		}
		out := c.Call(c.Program(func(s []nn.Scope, a []*Node) []*Node { return []*Node{build(s[0], a)} }), []*nn.Params{layerParams(g, words[0])}, args...)
		c.Tensor(out[0], g, "expected."+name, tolerance)
	}
}

// layerInputs names the inputs of a case.
func layerInputs(words []string) (input string, extra []string) {
	switch kind := words[0]; {
	case kind == "group_norm", kind == "batch_norm":
		return "small", nil
	case kind == "layer_norm":
		return "small_tokens", nil
	case kind == "timestep_embedding":
		return "timesteps", nil
	case kind == "geglu":
		return "geglu_projected", nil
	case kind == "attention":
		return "q", []string{"k", "v"}
	case slices.Contains([]string{"even", "odd"}, words[len(words)-1]):
		return "conv_in_" + words[len(words)-1], nil
	}
	return "line", nil
}

// layerParams are the weights of a kind of layer, by the names that it asks for.
func layerParams(g *golden.File, kind string) *nn.Params {
	p := nn.NewParams()
	switch {
	case strings.HasSuffix(kind, "_norm"):
		for _, name := range []string{"weight", "bias", "running_mean", "running_var"} {
			p.Set(name, g.Tensor("inputs."+name))
		}
	case strings.HasPrefix(kind, "downsample_"), kind == "upsample_nearest_conv":
		loaded, err := nn.LoadParams(g.Source())
		if err != nil {
			return p
		}
		p.Set("weight", loaded.Get("inputs.conv_weight"))
		p.Set("bias", loaded.Get("inputs.conv_bias"))
	}
	return p
}

// layerNamed returns the graph of a case, and nil where its name is unknown.
func layerNamed(c *Check, g *golden.File, words []string) func(s nn.Scope, a []*Node) *Node {
	last := words[len(words)-1]
	eps := func() float64 { return decimal(c, strings.TrimPrefix(last, "eps")) }
	plain := func(f func(*Node) *Node) func(nn.Scope, []*Node) *Node {
		return func(_ nn.Scope, a []*Node) *Node { return f(a[0]) }
	}
	out := 0 // channels of the convolutions
	if g.Has("inputs.conv_bias") {
		out = g.Shape("inputs.conv_bias")[0]
	}
	switch kind := words[0]; kind {
	case "group_norm":
		groups := whole(c, words[1])
		return func(s nn.Scope, a []*Node) *Node { return nn.GroupNorm(s, a[0], groups, eps()) }
	case "layer_norm":
		return func(s nn.Scope, a []*Node) *Node { return nn.LayerNorm(s, a[0], eps()) }
	case "batch_norm":
		return func(s nn.Scope, a []*Node) *Node { return nn.BatchNorm(s, a[0], eps()) }
	case "silu":
		return plain(nn.SiLU)
	case "gelu_erf":
		return plain(nn.GELU)
	case "quick_gelu":
		return plain(nn.QuickGELU)
	case "geglu":
		return plain(func(x *Node) *Node { parts := Split(x, -1, 2); return Mul(parts[0], nn.GELU(parts[1])) })
	case "timestep_embedding":
		return timestepLayer(words[1], whole(c, words[2]))
	case "downsample_symmetric":
		return func(s nn.Scope, a []*Node) *Node { return nn.ConvGeneral2D(s, a[0], out, 3, 2, [2]int{1, 1}) }
	case "downsample_right_bottom":
		return func(s nn.Scope, a []*Node) *Node { return nn.ConvGeneral2D(s, a[0], out, 3, 2, [2]int{0, 1}) }
	case "upsample_nearest_conv":
		return func(s nn.Scope, a []*Node) *Node { return nn.Conv2D(s, nn.Upsample2x(a[0]), out, 3) }
	case "attention":
		return attentionLayer(c, last)
	case "max_pool3x3s2p1":
		return plain(func(x *Node) *Node { return nn.MaxPool2D(x, nn.SquarePool(3, 2, 1)) })
	case "avg_pool3x3s1p1_count_pad", "avg_pool3x3s1p1_no_count_pad":
		o := nn.SquarePool(3, 1, 1)
		o.CountPadding = kind == "avg_pool3x3s1p1_count_pad"
		return plain(func(x *Node) *Node { return nn.AvgPool2D(x, o) })
	case "adaptive_avg_pool7":
		return plain(func(x *Node) *Node { return nn.AdaptiveAvgPool2D(x, 7, 7) })
	}
	return nil
}

func timestepLayer(order string, dim int) func(s nn.Scope, a []*Node) *Node {
	return func(_ nn.Scope, a []*Node) *Node {
		e := nn.TimestepEmbedding(a[0], dim, dtypes.Float32)
		if order == "cos_sin" {
			return e
		}
		halves := Split(e, -1, 2)
		return Concatenate([]*Node{halves[1], halves[0]}, -1)
	}
}

var headsName = regexp.MustCompile(`^heads(\d+)(?:_causal_first(\d+))?$`)

func attentionLayer(c *Check, name string) func(s nn.Scope, a []*Node) *Node {
	parts := headsName.FindStringSubmatch(name)
	if parts == nil {
		return nil
	}
	heads := whole(c, parts[1])
	if parts[2] == "" {
		return func(_ nn.Scope, a []*Node) *Node { return nn.Attention(a[0], a[1], a[2], heads) }
	}
	first, _ := strconv.Atoi(parts[2]) // the pattern lets digits through only
	return func(_ nn.Scope, a []*Node) *Node {
		some := func(x *Node) *Node { return Slice(x, AxisRange(), AxisRange(0, first)) }
		return nn.CausalAttention(a[0], some(a[1]), some(a[2]), heads)
	}
}
