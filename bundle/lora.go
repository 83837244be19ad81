package bundle

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"otherwise/diffusion"
)

// LoRAPart is a low-rank adapter of a recipe's U-Net: a safetensors file as diffusers, PEFT or `otherwise train diffusion --lora` write it.
type LoRAPart struct {
	Part
	Scale *float64 `toml:"scale,omitempty"` // of what it adds; 1
}

// AddLoRA adds a low-rank adapter, times scale, to the bundle's U-Net. The bundle's hash becomes another one.
func (b *Bundle) AddLoRA(path string, scale float64) error {
	lora, err := diffusion.OpenLoRA(path)
	if err != nil {
		return err
	}
	m := b.Models.Diffusion
	adapted, err := lora.Merge(b.Models.Backend, m.DenoiserParams, scale)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	sum, err := fileSum(path)
	if err != nil {
		return err
	}
	m.DenoiserParams = adapted
	b.Hash = hashed(fmt.Appendf(nil, "%s lora %x %g", b.Hash, sum, scale))
	return nil
}

func fileSum(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sum.Sum(nil), nil
}
