package install

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"otherwise/setup"
)

// pins are the go.mod and go.sum of the modules that the tools are built in, and GoNB's main file. There are two modules, for
// gopls is built with one version of its libraries only.
//
//go:embed gonb.mod gonb.sum gonb/gonb.go gopls.mod gopls.sum
var pins embed.FS

// toolset is what one pinned module builds.
type toolset struct {
	pins     string   // its .mod and .sum in pins
	packages []string // or a file, in pins too
}

var toolsets = []toolset{
	{"gonb", []string{"gonb/gonb.go"}},
	{"gopls", []string{"golang.org/x/tools/cmd/goimports", "golang.org/x/tools/gopls"}},
}

const (
	toolsFolder = "tools" // in the cache
	toolsLock   = "tools.lock"
	// unfinished begins the names of what is in the making. Who holds the lock may delete any that he finds.
	unfinished = "unfinished-"
)

// toolbox is the locked folder of tools in the cache.
type toolbox struct {
	folder string
	lock   *flock.Flock
	log    io.Writer
}

// openToolbox locks the folder of tools, waiting for another installation, and deletes what one that was killed has left.
func openToolbox(ctx context.Context, log io.Writer) (*toolbox, error) {
	cache, err := setup.CacheDir()
	if err != nil {
		return nil, err
	}
	b := &toolbox{folder: filepath.Join(cache, toolsFolder), log: log}
	if err := os.MkdirAll(b.folder, 0o755); err != nil {
		return nil, b.unwritable(err)
	}
	b.lock = flock.New(filepath.Join(b.folder, toolsLock))
	locked, err := b.lock.TryLock()
	if err == nil && !locked {
		fmt.Fprintf(log, "Another installation is at work in %s: waiting for it to end.\n", b.folder)
		_, err = b.lock.TryLockContext(ctx, 100*time.Millisecond)
	}
	if err != nil {
		return nil, b.unwritable(err)
	}
	entries, err := os.ReadDir(b.folder)
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), unfinished) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(b.folder, entry.Name())))
		}
	}
	if err != nil {
		b.close()
		return nil, b.unwritable(err)
	}
	return b, nil
}

func (b *toolbox) close() { b.lock.Close() }

func (b *toolbox) unwritable(err error) error {
	return fmt.Errorf("folder of tools %s: %w; set %s to a folder you can write, on a disk with room", b.folder, err, setup.CacheEnv)
}

// build returns the folder that holds gonb, goimports and gopls in their pinned versions, built with the toolchain. It is
// named by all of these, and made at once or not at all.
func (b *toolbox) build(ctx context.Context, compiler toolchain) (string, error) {
	name, err := toolsName(compiler)
	if err != nil {
		return "", err
	}
	place := filepath.Join(b.folder, name)
	if _, err := os.Stat(place); err == nil {
		return place, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", b.unwritable(err)
	}
	stage, err := os.MkdirTemp(b.folder, unfinished)
	if err != nil {
		return "", b.unwritable(err)
	}
	defer os.RemoveAll(stage)
	made := filepath.Join(stage, "made")
	for _, set := range toolsets {
		fmt.Fprintf(b.log, "Building %s with %s, once; this takes minutes.\n", set, compiler.version)
		if err := b.compile(ctx, compiler, set, filepath.Join(stage, set.pins), made); err != nil {
			return "", err
		}
	}
	if err := os.Rename(made, place); err != nil {
		return "", b.unwritable(err)
	}
	return place, nil
}

// compile builds one set into the folder made.
func (b *toolbox) compile(ctx context.Context, compiler toolchain, set toolset, module, made string) error {
	if err := os.Mkdir(module, 0o755); err != nil {
		return b.unwritable(err)
	}
	for from, to := range set.files() {
		text, err := pins.ReadFile(from)
		if err != nil {
			return fmt.Errorf("pins: %w", err)
		}
		to = filepath.Join(module, to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return b.unwritable(err)
		}
		if err := renameio.WriteFile(to, text, 0o644); err != nil {
			return b.unwritable(err)
		}
	}
	// The separator at the end makes go build put each program into the folder, be it one.
	args := append([]string{"build", "-mod=readonly", "-trimpath", "-o", made + string(filepath.Separator)}, set.packages...)
	cmd := exec.CommandContext(ctx, compiler.path, args...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GO111MODULE=on", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("building %s: %w: %s; it needs Go's module proxy (see `go env GOPROXY`) this once", set, err, lastLine(out))
	}
	return nil
}

// files are the files of a set in pins, with their places in the module that is built.
func (t toolset) files() map[string]string {
	files := map[string]string{t.pins + ".mod": "go.mod", t.pins + ".sum": "go.sum"}
	for _, p := range t.packages {
		if strings.HasSuffix(p, ".go") {
			files[p] = p
		}
	}
	return files
}

// String names the programs of a set.
func (t toolset) String() string {
	names := make([]string, len(t.packages))
	for i, p := range t.packages {
		names[i] = strings.TrimSuffix(path.Base(p), ".go")
	}
	return strings.Join(names, " and ")
}

// toolsName is the name of the folder of the pinned tools: readable, and different for all that makes a difference.
func toolsName(compiler toolchain) (string, error) {
	h := sha256.New()
	for _, set := range toolsets {
		for _, name := range slices.Sorted(maps.Keys(set.files())) {
			text, err := pins.ReadFile(name)
			if err != nil {
				return "", fmt.Errorf("pins: %w", err)
			}
			h.Write(text)
		}
		fmt.Fprintln(h, set.packages)
	}
	return fmt.Sprintf("gonb-%s-%s-%s-%s", compiler.version, runtime.GOOS, runtime.GOARCH, hex.EncodeToString(h.Sum(nil)[:6])), nil
}

// lastLine is the last line of a program's output, which for go build says why it failed.
func lastLine(output []byte) string {
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return lines[len(lines)-1]
}
