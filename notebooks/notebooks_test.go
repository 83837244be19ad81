// Package notebooks holds notebooks; its tests run them, and drive the kernel as people and programs do.
package notebooks

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"otherwise/datasets/fashion"
	"otherwise/kernel/install"
	"otherwise/setup"
)

// testKernel is the name of the kernel that the tests install; the user's own stays as it is.
const testKernel = "otherwise-notebooks-test"

// TestNotebooks needs a Python with notebooks/requirements.txt in OTHERWISE_JUPYTER_PYTHON, where `make test` puts it, and
// notebooks/tests/requirements.txt for some of its parts; each says what it misses.
func TestNotebooks(t *testing.T) {
	python := os.Getenv("OTHERWISE_JUPYTER_PYTHON")
	if python == "" {
		t.Skip("OTHERWISE_JUPYTER_PYTHON names no Python with Jupyter")
	}
	if _, err := setup.BackendConfig(); err != nil {
		t.Skipf("no backend for the engine: %v", err)
	}
	installKernel(t)
	t.Run("first", func(t *testing.T) {
		needModules(t, python, "nbconvert")
		testFirst(t, python)
	})
	t.Run("protocol", func(t *testing.T) {
		needModules(t, python, "jupyter_kernel_test")
		runScript(t, python, "test_protocol.py")
	})
	t.Run("errors", func(t *testing.T) {
		needModules(t, python, "jupyter_client", "psutil")
		runScript(t, python, "test_errors.py")
	})
	t.Run("full disk", func(t *testing.T) {
		needModules(t, python, "jupyter_client", "psutil")
		runScript(t, python, "test_disk.py")
	})
	t.Run("console", func(t *testing.T) {
		needModules(t, python, "jupyter_console", "pexpect")
		runScript(t, python, "test_console.py")
	})
	t.Run("stop button", func(t *testing.T) {
		needModules(t, python, "jupyter_client", "psutil")
		runScript(t, python, "test_stop.py")
	})
	t.Run("papermill", func(t *testing.T) {
		needModules(t, python, "papermill")
		runScript(t, python, "test_papermill.py")
	})
	t.Run("browser", func(t *testing.T) {
		needModules(t, python, "jupyterlab", "playwright")
		chromium, err := exec.LookPath("chromium")
		if err != nil {
			t.Skipf("no browser (on Debian: apt-get install chromium): %v", err)
		}
		t.Setenv("OTHERWISE_TEST_CHROMIUM", chromium)
		runScript(t, python, "test_browser.py")
	})
}

// installKernel builds the program and installs its kernel where the test's Jupyter finds it.
func installKernel(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "otherwise")
	if out, err := exec.Command("go", "build", "-o", program, "otherwise/cmd/otherwise").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("JUPYTER_PATH", filepath.Join(dir, "share", "jupyter"))
	if _, err := install.Install(t.Context(), install.Options{
		Place: install.Place{Prefix: dir}, Name: testKernel, Program: program, Log: t.Output(),
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := install.Uninstall(context.Background(), testKernel); err != nil {
			t.Error(err)
		}
	})
}

func needModules(t *testing.T, python string, modules ...string) {
	t.Helper()
	if out, err := exec.Command(python, "-c", "import "+strings.Join(modules, ", ")).CombinedOutput(); err != nil {
		t.Skipf("%s hasn't all of %v: %s", python, modules, out)
	}
}

func runScript(t *testing.T, python, name string) {
	t.Helper()
	script := exec.CommandContext(t.Context(), python, name)
	script.Dir = "tests"
	script.Env = append(os.Environ(), "OTHERWISE_TEST_KERNEL="+testKernel)
	script.Stdout, script.Stderr = t.Output(), t.Output()
	if err := script.Run(); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// mostExplanation is what an explanation may take in a notebook, in bytes: ten take 3 MB.
const mostExplanation = 300_000

// testFirst runs first.ipynb from the command line and looks at what its cells show.
func testFirst(t *testing.T, python string) {
	cache, err := setup.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fashion.Find("", cache); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	convert := exec.CommandContext(t.Context(), python, "-m", "nbconvert", "--to", "notebook", "--execute", "first.ipynb",
		"--output-dir", dir, "--ExecutePreprocessor.kernel_name="+testKernel)
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	shown := outputs(t, filepath.Join(dir, "first.ipynb"))
	for cell, parts := range map[string][]string{
		"models":  {"Ankle boot"},
		"picture": {"Ankle boot", "<img"},
		"ldce":    {"step 30 of 30", "the classifier now says Sneaker", "consensus map"},
		"eced":    {"the classifier now says Sneaker", "activation map", "mask"},
		"status":  {"<table>", "compiled here", "Kept: bundle fashion"},
	} {
		for _, part := range parts {
			if !strings.Contains(shown[cell], part) {
				t.Errorf("cell %q doesn't show %q: %s", cell, part, shown[cell])
			}
		}
	}
	for _, cell := range []string{"ldce", "eced"} {
		if n := len(shown[cell]); n > mostExplanation {
			t.Errorf("cell %q shows %d bytes, want at most %d", cell, n, mostExplanation)
		}
	}
}

// outputs are the text and HTML that the cells of a notebook show, by the cells' names.
func outputs(t *testing.T, path string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var notebook struct {
		Cells []struct {
			ID      string
			Outputs []struct {
				Text []string
				Data map[string]any
			}
		}
	}
	if err := json.Unmarshal(content, &notebook); err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, cell := range notebook.Cells {
		for _, output := range cell.Outputs {
			shown[cell.ID] += strings.Join(output.Text, "")
			lines, _ := output.Data["text/html"].([]any)
			for _, line := range lines {
				shown[cell.ID] += line.(string)
			}
		}
	}
	return shown
}
