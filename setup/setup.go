// Package setup gets the machine ready: it puts the XLA plugin that all computing needs into the user's cache folder,
// chooses and opens GoMLX's backend, and tells what it found.
//
// Nothing but the user's own pip touches the network. Every archive is pinned by version and SHA-256, in pins.go.
package setup

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"github.com/gomlx/compute"
)

// Options of Setup. The zero value installs the CPU plugin in silence.
type Options struct {
	GPU bool      // also install the CUDA plugin with NVIDIA's libraries, for machines with an NVIDIA driver
	Log io.Writer // gets a line for each step; nil for none
}

// Result tells what Setup found or did.
type Result struct {
	Config  string // the backend's configuration, as in BackendConfig
	Library string // the path of the plugin in use; empty when GOMLX_BACKEND chose the backend
	Fetched bool   // whether this call downloaded a plugin
}

// Setup sees to it that the plugin is in the cache, downloading it with the user's pip when it isn't, and does nothing
// when GOMLX_BACKEND is set. Two set-ups at once are safe, in one process or in several: the second waits for the first. When
// ctx ends, pip is killed and nothing half-done is left to be used. An error says what is missing and how to put the
// plugin in place by hand.
func Setup(ctx context.Context, opts Options) (Result, error) {
	return here.setup(ctx, opts)
}

// site is what set-up depends on; tests have their own.
type site struct {
	pins     pins
	driver   func() (version string, found bool) // of NVIDIA
	platform string                              // GOOS/GOARCH
}

var here = site{pins: pinned, driver: nvidiaDriver, platform: runtime.GOOS + "/" + runtime.GOARCH}

// wheelPlatform is the only platform that the pinned wheels are made for.
const wheelPlatform = "linux/amd64"

func (s site) setup(ctx context.Context, opts Options) (Result, error) {
	say := func(format string, args ...any) {
		if opts.Log != nil {
			fmt.Fprintf(opts.Log, format+"\n", args...)
		}
	}
	if config := os.Getenv(compute.ConfigEnvVar); config != "" {
		say("%s=%s is set: it chooses the backend, there is nothing to set up.", compute.ConfigEnvVar, config)
		return Result{Config: config}, nil
	}
	if s.platform != wheelPlatform {
		return Result{}, fmt.Errorf("no plugin is pinned for %s (only for %s); set %s=xla:/path/to/plugin.so to use one that you have, or %s=go for the slow backend that needs none",
			s.platform, wheelPlatform, compute.ConfigEnvVar, compute.ConfigEnvVar)
	}
	cache, err := CacheDir()
	if err != nil {
		return Result{}, err
	}
	fetched, err := s.pins.CPU.ensure(ctx, cache, say)
	if err != nil {
		return Result{}, err
	}
	version, haveDriver := s.driver()
	switch {
	case opts.GPU:
		gpu, err := s.pins.GPU.ensure(ctx, cache, say)
		if err != nil {
			return Result{}, err
		}
		fetched = fetched || gpu
		if !haveDriver {
			say("No NVIDIA driver was found: the CPU is used until there is one.")
		}
	case haveDriver && !s.pins.GPU.installed(cache):
		say("There is an NVIDIA driver (%s): `otherwise setup --gpu` installs the CUDA plugin (%s to download, %s on disk).",
			version, size(s.pins.GPU.downloadSize()), size(s.pins.GPU.unpackedSize()))
	}
	chosen, _ := s.choose(cache)
	config, err := chosen.config(cache)
	if err != nil {
		return Result{}, err
	}
	return Result{Config: config, Library: chosen.libraryPath(cache), Fetched: fetched}, nil
}

// ensure installs a plugin unless it is there, and reports whether it had to be fetched.
func (p plugin) ensure(ctx context.Context, cache string, say func(string, ...any)) (fetched bool, err error) {
	if p.installed(cache) {
		say("The plugin %s is in place.", p.Folder)
		return false, nil
	}
	release, err := lock(ctx, cache, filepath.Join(cache, pluginsFolder), say)
	if err != nil {
		return false, err
	}
	defer release()
	if p.installed(cache) {
		say("The plugin %s is in place.", p.Folder)
		return false, nil
	}
	if err := sweep(cache, filepath.Join(cache, pluginsFolder)); err != nil {
		return false, err
	}
	if adopted, err := p.adopt(ctx, cache, say); adopted || err != nil {
		return false, err
	}
	err = p.fetch(ctx, cache, say)
	if ctx.Err() != nil {
		return false, fmt.Errorf("set-up was stopped, nothing was installed: %w", ctx.Err())
	}
	if err != nil {
		return false, err
	}
	say("Installed %s.", p.libraryPath(cache))
	return true, nil
}

// byHand adds to the reason why a plugin couldn't be fetched how to do without fetching.
func (p plugin) byHand(cache string, reason error) error {
	library := path.Base(p.Library)
	if len(p.Wheels) > 1 {
		return fmt.Errorf(`can't fetch the plugin %s: %w
To put it in place by hand: fetch the %d wheels that setup/pins.go names into a folder, on a machine with network, by
    pip download --no-deps --only-binary=:all: NAME==VERSION
then run, with pip,
    PIP_NO_INDEX=1 PIP_FIND_LINKS=/that/folder otherwise setup --gpu
or, with a CUDA plugin that you have, set
    %s=xla:/path/to/%s`,
			p.Folder, reason, len(p.Wheels), compute.ConfigEnvVar, library)
	}
	w := p.Wheels[0]
	return fmt.Errorf(`can't fetch the plugin %s: %w
To put it in place by hand, on a machine with network:
    pip download --no-deps --only-binary=:all: %s
then unzip %s, and copy its %s to
    %s
and run `+"`otherwise setup`"+` again; or copy it anywhere and set
    %s=xla:/path/to/%s
(%s=go needs no plugin, and is much slower)`,
		p.Folder, reason, w.requirement(), w.File, p.Library, filepath.Clean(p.libraryPath(cache)),
		compute.ConfigEnvVar, library, compute.ConfigEnvVar)
}
