package diffusion

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
	"otherwise/weights"
)

// LoRA is a low-rank adapter of a U-Net: for some of its weights W [outputs, inputs] two matrices, A [rank, inputs] and B
// [outputs, rank], that add Alpha/rank * B A to it. Source: Hu et al., 2022 (arXiv 2106.09685).
type LoRA struct {
	Rank  int
	Alpha float64
	// Params are the matrices, under the weights' paths with [nn.AdapterA] and [nn.AdapterB] in place of ".weight".
	Params *nn.Params
}

// attentionProjection matches the weights that are adapted: queries, keys, values and outputs of all attention layers, as in
// diffusers' training scripts.
var attentionProjection = regexp.MustCompile(`^(.*\.to_(?:q|k|v|out\.0))\.weight$`)

// NewLoRA makes an adapter for the attention projections of a U-Net's parameters: A random, with the variance of PEFT's, B zero, so
// that it changes nothing yet. Alpha 0 stands for the rank.
func NewLoRA(unet *nn.Params, rank int, alpha float64, seed uint64) (*LoRA, error) {
	l := &LoRA{Rank: rank, Alpha: alpha, Params: nn.NewParams()}
	if l.Alpha == 0 {
		l.Alpha = float64(rank)
	}
	if rank < 1 || !(l.Alpha > 0) || math.IsInf(l.Alpha, 0) {
		return nil, fmt.Errorf("lora: rank %d with alpha %g; legal are a rank of 1 or more and a positive alpha", rank, l.Alpha)
	}
	for _, name := range unet.Names() {
		m := attentionProjection.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		d := unet.Get(name).Shape().Dimensions
		if len(d) != 2 || rank > min(d[0], d[1]) {
			return nil, fmt.Errorf("lora: %s has shape %v; rank %d must be at most its smaller side", name, d, rank)
		}
		a := nn.Gaussian(seed, "lora/"+m[1], rank*d[1])
		for i := range a {
			a[i] /= float32(math.Sqrt(3 * float64(d[1]))) // PEFT's is uniform up to 1/sqrt(inputs)
		}
		l.Params.Set(m[1]+nn.AdapterA, tensors.FromFlatDataAndDimensions(a, rank, d[1]))
		l.Params.Set(m[1]+nn.AdapterB, tensors.FromFlatDataAndDimensions(make([]float32, d[0]*rank), d[0], rank))
	}
	if l.Params.Size() == 0 {
		return nil, fmt.Errorf("lora: the network has no attention projections (to_q, to_k, to_v, to_out.0)")
	}
	return l, nil
}

// Scale is what B A is multiplied with.
func (l *LoRA) Scale() float64 { return l.Alpha / float64(l.Rank) }

// loraPrefix stands before the names of a U-Net's adapter in files that diffusers writes and reads.
const loraPrefix = "unet."

// loraMetadata is the key under which diffusers keeps an adapter's rank and alpha in a file.
const loraMetadata = "lora_adapter_metadata"

// Write writes the adapter as diffusers does (load_lora_weights reads it).
func (l *LoRA) Write(path string) error {
	exported, err := l.Params.Export(weights.F32)
	if err != nil {
		return fmt.Errorf("lora: %w", err)
	}
	for i := range exported {
		exported[i].Name = loraPrefix + exported[i].Name
	}
	settings, err := json.Marshal(map[string]any{loraPrefix + "r": l.Rank, loraPrefix + "lora_alpha": l.Alpha,
		loraPrefix + "target_modules": []string{"to_k", "to_out.0", "to_q", "to_v"}})
	if err != nil {
		return err
	}
	return weights.Write(path, exported, map[string]string{"format": "pt", loraMetadata: string(settings)})
}

// OpenLoRA reads an adapter of a U-Net as diffusers or PEFT writes it: a safetensors file. Its alpha is the file's, or the rank where
// the file tells none. What isn't an adapter of linear layers of the U-Net is an error.
func OpenLoRA(path string) (*LoRA, error) {
	file, err := weights.Open(path)
	if err != nil {
		return nil, fmt.Errorf("lora: %w", err)
	}
	defer file.Close()
	l, err := readLoRA(file)
	if err != nil {
		return nil, fmt.Errorf("lora %s: %w", filepath.Base(path), err)
	}
	return l, nil
}

func readLoRA(file *weights.File) (*LoRA, error) {
	all, err := nn.LoadParams(file)
	if err != nil {
		return nil, err
	}
	l := &LoRA{Params: nn.NewParams()}
	for _, name := range all.Names() {
		inner, of := strings.CutPrefix(name, loraPrefix)
		isA, isB := strings.HasSuffix(inner, nn.AdapterA), strings.HasSuffix(inner, nn.AdapterB)
		d := all.Get(name).Shape().Dimensions
		if !of || !isA && !isB || len(d) != 2 {
			return nil, fmt.Errorf("%s of shape %v: known are %s...%s and ...%s, matrices of linear layers of the U-Net", name, d, loraPrefix, nn.AdapterA, nn.AdapterB)
		}
		rank := d[1]
		if isA {
			rank = d[0]
		}
		if l.Rank == 0 {
			l.Rank = rank
		}
		if rank != l.Rank {
			return nil, fmt.Errorf("%s has rank %d, others have %d; one rank for all is implemented", name, rank, l.Rank)
		}
		l.Params.Set(inner, all.Get(name))
	}
	if l.Rank == 0 {
		return nil, fmt.Errorf("there are no tensors")
	}
	for _, module := range l.modules() {
		if l.Params.Get(module+nn.AdapterA) == nil || l.Params.Get(module+nn.AdapterB) == nil {
			return nil, fmt.Errorf("%s has one of the two matrices only", module)
		}
	}
	l.Alpha, err = loraAlpha(file.Metadata(), l.Rank)
	return l, err
}

// loraAlpha is the alpha that a file tells, or the rank.
func loraAlpha(metadata map[string]string, rank int) (float64, error) {
	text, told := metadata[loraMetadata]
	if !told {
		return float64(rank), nil
	}
	settings := map[string]any{}
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return 0, fmt.Errorf("%s: %w", loraMetadata, err)
	}
	alpha, told := settings[loraPrefix+"lora_alpha"]
	if !told {
		return float64(rank), nil
	}
	value, is := alpha.(float64)
	if !is || !(value > 0) {
		return 0, fmt.Errorf("%s: lora_alpha is %v; it must be a positive number", loraMetadata, alpha)
	}
	return value, nil
}

// modules are the paths of the adapted layers, in order.
func (l *LoRA) modules() []string {
	names := map[string]bool{}
	for _, name := range l.Params.Names() {
		name = strings.TrimSuffix(strings.TrimSuffix(name, nn.AdapterA), nn.AdapterB)
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Merge returns a U-Net's parameters with the adapter added to them, times strength; those that it doesn't adapt are shared. A
// layer that the U-Net lacks, or has in another shape, is an error.
func (l *LoRA) Merge(backend compute.Backend, unet *nn.Params, strength float64) (*nn.Params, error) {
	scale := strength * l.Scale()
	program := nn.NewProgram(backend, "merge lora", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{nn.AdaptedWeight(a[0], a[1], a[2], scale)}
	})
	merged := unet.Clone()
	for _, module := range l.modules() {
		w, down, up := unet.Get(module+".weight"), l.Params.Get(module+nn.AdapterA), l.Params.Get(module+nn.AdapterB)
		if w == nil {
			return nil, fmt.Errorf("lora: the U-Net has no layer %s: the adapter is another model's", module)
		}
		if want := []int{up.Shape().Dimensions[0], down.Shape().Dimensions[1]}; !slices.Equal(w.Shape().Dimensions, want) {
			return nil, fmt.Errorf("lora: %s.weight is %v in the U-Net, the adapter is for %v", module, w.Shape().Dimensions, want)
		}
		out, err := program.Call1(nil, w, down, up)
		if err != nil {
			return nil, fmt.Errorf("lora: %s: %w", module, err)
		}
		merged.Set(module+".weight", out)
	}
	return merged, nil
}
