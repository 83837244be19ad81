package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/gomlx/compute"

	"otherwise/kernel/resident"
	"otherwise/kernel/wire"
)

// Backend is the engine's backend in a notebook, or wherever $OTHERWISE_ENGINE is set, and one in process elsewhere. It is
// opened by the first call; all others share it, and nobody finalizes it.
func Backend() (compute.Backend, error) { return shared() }

var shared = sync.OnceValues(Open)

// Open opens a backend of the caller's own, chosen as [Backend] does. The caller finalizes it.
func Open() (compute.Backend, error) {
	address := os.Getenv(wire.EngineEnv)
	if address == "" {
		return openInProcess()
	}
	b, err := resident.New(address)
	if err != nil {
		return nil, fmt.Errorf("%s is %q: %w", wire.EngineEnv, address, err)
	}
	return b, nil
}

// engine gives the backend as a connection to an engine; nil when it is in process.
func engine(b compute.Backend) *resident.Backend {
	r, _ := b.(*resident.Backend)
	return r
}

// socketFolder is the folder of the engine's socket, where launcher and cells leave notes; "" without one.
func socketFolder() string {
	path, err := wire.SocketPath(os.Getenv(wire.EngineEnv))
	if err != nil {
		return ""
	}
	return filepath.Dir(path)
}
