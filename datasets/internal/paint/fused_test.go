package paint

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNoProductIsFused(t *testing.T) {
	found, err := FusedProducts(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range found {
		t.Errorf("%s: a product that may be fused with a sum; round it: float64(x*y)", at)
	}
}

func TestFusedProductsFindsThem(t *testing.T) {
	dir := t.TempDir()
	source := `package p
func f(a, b, c float64, i, j int) float64 {
	i = i*j + 1
	x := a*b + c
	x += float64(a*b) + c
	x *= 2
	x = 2 * 3.5 * float64((a*b)*c) + a*b/c
	y := a * b
	return x + y
}
`
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := FusedProducts(dir)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, at := range found {
		lines = append(lines, filepath.Base(at))
	}
	if diff := cmp.Diff([]string{"p.go:4:8", "p.go:6:4", "p.go:7:14", "p.go:8:9"}, lines); diff != "" {
		t.Errorf("products (-want +got):\n%s", diff)
	}
	if _, err := FusedProducts(t.TempDir()); err == nil {
		t.Error("an empty folder passes")
	}
}
