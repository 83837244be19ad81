// Package notebooks holds notebooks; its tests run them, and drive the kernel as people and programs do.
package notebooks

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"otherwise/datasets/fashion"
	"otherwise/internal/script"
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
	t.Run("series", func(t *testing.T) {
		needModules(t, python, "nbclient")
		testSeries(t, python)
	})
	t.Run("stable diffusion", func(t *testing.T) {
		needModules(t, python, "nbclient")
		testStableDiffusion(t, python)
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
		runScript(t, browser(t), "test_browser.py")
	})
	t.Run("run in browser", func(t *testing.T) {
		python := browser(t)
		if testing.Short() {
			t.Setenv("OTHERWISE_TEST_NOTEBOOKS", "01")
		}
		t.Setenv("HF_HUB_CACHE", t.TempDir())
		runScript(t, python, "test_run.py")
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
	program := script.Command(t, 10*time.Minute, python, name)
	program.Dir = "tests"
	program.Env = append(os.Environ(), "OTHERWISE_TEST_KERNEL="+testKernel)
	if err := script.Run(t, program); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// mostBytes bounds a notebook with what it shows: a checkout holds every version of it.
const mostBytes = 1_000_000

// mostExplanation is what an explanation may take in a notebook, in bytes: ten take 3 MB.
const mostExplanation = 300_000

// testSeries runs all notebooks from the command line, shortly, and compares what their cells show with what the files hold.
func testSeries(t *testing.T, python string) {
	if _, err := fashion.Open(fashion.Test); err != nil {
		t.Skip(err)
	}
	paths, err := filepath.Glob("[0-9]*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks here: %v", err)
	}
	t.Setenv("HF_HUB_CACHE", t.TempDir()) // published weights, where they are here, would take hours
	dir := t.TempDir()
	execute := script.Command(t, 15*time.Minute, python, "execute.py", "--short", "--kernel", testKernel, "--output", dir)
	if err := script.Run(t, execute); err != nil {
		t.Fatalf("execute.py: %v", err)
	}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			before, after := readNotebook(t, path), readNotebook(t, filepath.Join(dir, path))
			for _, difference := range compareNotebooks(before, after, strictnessOf(before, after)) {
				t.Errorf("%s; `make notebooks` runs all again", difference)
			}
		})
	}
}

func TestNotebooksAreSmallAndComplete(t *testing.T) {
	paths, _ := filepath.Glob("*.ipynb")
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > mostBytes {
			t.Errorf("%s has %d bytes, at most %d are allowed", path, info.Size(), mostBytes)
		}
		for _, cell := range readNotebook(t, path).Cells {
			if cell.Type == "code" && len(cell.Outputs) == 0 {
				t.Errorf("%s: cell %q shows nothing; `make notebooks` runs it", path, cell.ID)
			}
			for _, o := range cell.Outputs {
				if size := len(o.forms()["text/html"]); size > mostExplanation {
					t.Errorf("%s: cell %q shows %d bytes at once, at most %d are allowed", path, cell.ID, size, mostExplanation)
				}
				if o.Type == "error" || o.Name == "stderr" {
					t.Errorf("%s: cell %q shows an error: %q", path, cell.ID, o.forms())
				}
			}
		}
	}
}

// mostColumns is how wide a line of code may be, with tabs of 8: what a page has room for.
const mostColumns = 104

func TestCodeFitsThePage(t *testing.T) {
	paths, err := filepath.Glob("*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks here: %v", err)
	}
	tab := strings.Repeat(" ", 8)
	for _, path := range paths {
		number := 0 // as the page counts the cells with code
		for _, cell := range readNotebook(t, path).Cells {
			if cell.Type != "code" {
				continue
			}
			number++
			for i, line := range cell.Source {
				line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", tab)
				if columns := utf8.RuneCountInString(line); columns > mostColumns {
					t.Errorf("%s: cell [%d], line %d has %d columns, at most %d are allowed", path, number, i+1, columns, mostColumns)
				}
			}
		}
	}
}
