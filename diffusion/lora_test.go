package diffusion

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

const projection = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"

// attentive are a few parameters with the names of a U-Net's.
func attentive() *nn.Params {
	p := nn.NewParams()
	for _, name := range []string{projection, strings.Replace(projection, "to_q", "to_out.0", 1)} {
		p.Set(name+".weight", tensors.FromFlatDataAndDimensions(nn.Gaussian(3, name, 12), 4, 3))
	}
	p.Set("down_blocks.0.attentions.0.proj_in.weight", tensors.FromFlatDataAndDimensions(nn.Gaussian(3, "in", 9), 3, 3))
	p.Set("conv_in.bias", tensors.FromFlatDataAndDimensions([]float32{1}, 1))
	return p
}

func flat(t *testing.T, p *nn.Params, name string) []float32 {
	t.Helper()
	if p.Get(name) == nil {
		t.Fatalf("no parameter %s among %v", name, p.Names())
	}
	return tensors.MustCopyFlatData[float32](p.Get(name))
}

func TestLoRAChangesNothingAtFirst(t *testing.T) {
	unet := attentive()
	l, err := NewLoRA(unet, 2, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Params.Names()) != 4 || l.Scale() != 1 {
		t.Errorf("scale %g, parameters %v", l.Scale(), l.Params.Names())
	}
	merged, err := l.Merge(golden.Backend(t), unet, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range unet.Names() {
		golden.Near(t, name, flat(t, merged, name), flat(t, unet, name), 0)
	}
	again, _ := NewLoRA(unet, 2, 0, 1)
	golden.Near(t, "A of the same seed", flat(t, again.Params, projection+nn.AdapterA), flat(t, l.Params, projection+nn.AdapterA), 0)
}

// What is written has the names that diffusers' files have, and comes back, alpha and all.
func TestLoRAFileRoundTrip(t *testing.T) {
	unet := attentive()
	l, err := NewLoRA(unet, 2, 6, 1)
	if err != nil {
		t.Fatal(err)
	}
	b := []float32{1, 0, 0, 1, -1, 2, 0.5, 0}
	l.Params.Set(projection+nn.AdapterB, tensors.FromFlatDataAndDimensions(b, 4, 2))
	path := filepath.Join(t.TempDir(), "lora.safetensors")
	if err := l.Write(path); err != nil {
		t.Fatal(err)
	}
	file, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	_, shape, err := file.Info("unet." + projection + ".lora_A.weight")
	file.Close()
	if err != nil || len(shape) != 2 || shape[0] != 2 || shape[1] != 3 {
		t.Errorf("A in the file: %v, %v", shape, err)
	}
	read, err := OpenLoRA(path)
	if err != nil {
		t.Fatal(err)
	}
	if read.Rank != 2 || read.Alpha != 6 {
		t.Errorf("rank %d, alpha %g came back", read.Rank, read.Alpha)
	}
	merged, err := read.Merge(golden.Backend(t), unet, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	a, want := flat(t, l.Params, projection+nn.AdapterA), flat(t, unet, projection+".weight")
	for i := range 4 {
		for j := range 3 {
			want[3*i+j] += 0.5 * 3 * (b[2*i]*a[j] + b[2*i+1]*a[3+j])
		}
	}
	golden.Near(t, "merged weight", flat(t, merged, projection+".weight"), want, 1e-5)
}

func TestLoRARefuses(t *testing.T) {
	unet := attentive()
	if _, err := NewLoRA(unet, 4, 0, 1); err == nil || !strings.Contains(err.Error(), "smaller side") {
		t.Errorf("rank 4 of a 4x3 matrix: %v", err)
	}
	if _, err := NewLoRA(unet, 0, 0, 1); err == nil {
		t.Error("rank 0 was accepted")
	}
	if _, err := NewLoRA(nn.NewParams(), 2, 0, 1); err == nil || !strings.Contains(err.Error(), "no attention projections") {
		t.Errorf("a network without attention: %v", err)
	}
	matrix := func(name string, rows, columns int) weights.Tensor {
		return weights.Tensor{Name: name, DType: weights.F32, Shape: []int{rows, columns}, Data: make([]float32, rows*columns)}
	}
	for word, tensors := range map[string][]weights.Tensor{
		"no tensors":               {},
		"known are":                {matrix("text_encoder.q.lora_A.weight", 2, 3)},
		"one of the two":           {matrix("unet.q.lora_A.weight", 2, 3)},
		"one rank for all":         {matrix("unet.q.lora_A.weight", 2, 3), matrix("unet.q.lora_B.weight", 4, 1)},
		"another model's":          {matrix("unet.q.lora_A.weight", 2, 3), matrix("unet.q.lora_B.weight", 4, 2)},
		"the adapter is for [4 5]": {matrix("unet."+projection+".lora_A.weight", 2, 5), matrix("unet."+projection+".lora_B.weight", 4, 2)},
	} {
		path := filepath.Join(t.TempDir(), "lora.safetensors")
		if err := weights.Write(path, tensors, nil); err != nil {
			t.Fatal(err)
		}
		l, err := OpenLoRA(path)
		if err == nil {
			_, err = l.Merge(golden.Backend(t), unet, 1)
		}
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got %v", word, err)
		}
	}
}
