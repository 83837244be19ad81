package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"otherwise/internal/script"
	"otherwise/kernel/install"
)

// TestKernelLife drives the installed kernel as Jupyter does, by notebooks/tests/test_life.py. It needs a Python with jupyter_client and
// psutil in OTHERWISE_JUPYTER_PYTHON (`make test` sees to it), and, the first time, the network to build GoNB.
func TestKernelLife(t *testing.T) {
	python := os.Getenv("OTHERWISE_JUPYTER_PYTHON")
	if python == "" {
		t.Skip("OTHERWISE_JUPYTER_PYTHON names no Python with jupyter_client")
	}
	if out, err := exec.Command(python, "-c", "import jupyter_client, psutil").CombinedOutput(); err != nil {
		t.Skipf("%s can't drive kernels: %v: %s", python, err, out)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "otherwise")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("GOMLX_BACKEND", "go") // these tests are about processes, and this one is everywhere
	t.Setenv("JUPYTER_PATH", filepath.Join(dir, "share", "jupyter"))
	const name = "otherwise-life-test" // the user's own kernel stays as it is
	if _, err := install.Install(t.Context(), install.Options{
		Place: install.Place{Prefix: dir}, Name: name, Program: program, Log: t.Output(),
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := install.Uninstall(context.Background(), name); err != nil {
			t.Error(err)
		}
	})

	life := script.Command(t, 10*time.Minute, python, "../../notebooks/tests/test_life.py", "--verbose")
	life.Env = append(os.Environ(), "OTHERWISE_TEST_KERNEL="+name)
	if err := script.Run(t, life); err != nil {
		t.Errorf("test_life.py: %v", err)
	}
}
