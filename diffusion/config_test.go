package diffusion

import (
	"strings"
	"testing"
)

func TestUNetRefusesBadConfigurations(t *testing.T) {
	good := UNet{InChannels: 4, OutChannels: 4, BlockOutChannels: []int{32, 64}, LayersPerBlock: 1,
		DownBlockTypes: []string{"DownBlock2D", "CrossAttnDownBlock2D"}, UpBlockTypes: []string{"CrossAttnUpBlock2D", "UpBlock2D"},
		AttentionHeads: PerLevel{4}, CrossAttentionDim: 16, NormNumGroups: 8, NormEps: 1e-5}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for word, change := range map[string]func(*UNet){
		"block_out_channels": func(u *UNet) { u.BlockOutChannels = nil },
		"down_block_types":   func(u *UNet) { u.DownBlockTypes = u.DownBlockTypes[:1] },
		"layers_per_block":   func(u *UNet) { u.LayersPerBlock = 0 },
		"norm_eps":           func(u *UNet) { u.NormEps = 0 },
		"multiple":           func(u *UNet) { u.NormNumGroups = 5 },
		"SkipDownBlock2D":    func(u *UNet) { u.DownBlockTypes = []string{"SkipDownBlock2D", "DownBlock2D"} },
		"unknown up block":   func(u *UNet) { u.UpBlockTypes = []string{"UpBlock2D", "x"} },
	} {
		u := good
		change(&u)
		if err := u.Validate(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}

func TestAutoencoderRefusesBadConfigurations(t *testing.T) {
	good := AutoencoderKL{InChannels: 1, OutChannels: 1, LatentChannels: 4, BlockOutChannels: []int{32, 64}, LayersPerBlock: 1, NormNumGroups: 8, PatchSize: 2}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	if good.Factor() != 4 {
		t.Errorf("factor %d, want 2 for the levels times 2 for the patches", good.Factor())
	}
	for word, change := range map[string]func(*AutoencoderKL){
		"block_out_channels": func(a *AutoencoderKL) { a.BlockOutChannels = nil },
		"latent_channels":    func(a *AutoencoderKL) { a.LatentChannels = 0 },
		"multiple":           func(a *AutoencoderKL) { a.BlockOutChannels = []int{33} },
	} {
		a := good
		change(&a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}

func TestNormalisationRefusesWrongSizes(t *testing.T) {
	if err := (Normalisation{Mean: make([]float64, 4), Scale: []float64{1, 1, 1, 1}}).Validate(4); err != nil {
		t.Fatal(err)
	}
	if err := (Normalisation{Mean: make([]float64, 3), Scale: []float64{1, 1, 1}}).Validate(4); err == nil {
		t.Error("three channels were accepted for four")
	}
	if err := (Normalisation{Mean: make([]float64, 1), Scale: []float64{0}}).Validate(1); err == nil {
		t.Error("a scale of 0 was accepted")
	}
}

func TestClassEmbeddingRows(t *testing.T) {
	c := ClassEmbedding{Classes: 10, Width: 4}
	for class, want := range map[int]int32{0: 0, 9: 9, Unconditional: 10} {
		if got, err := c.Row(class); err != nil || got != want {
			t.Errorf("class %d: row %d, error %v; want row %d", class, got, err, want)
		}
	}
	for _, class := range []int{10, -2} {
		if _, err := c.Row(class); err == nil {
			t.Errorf("class %d was accepted", class)
		}
	}
}
