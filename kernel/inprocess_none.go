//go:build resident

package kernel

import (
	"errors"

	"github.com/gomlx/compute"

	"otherwise/kernel/wire"
)

// openInProcess has no backend to open in a program built with the tag resident, as cells are: without XLA, which takes
// seconds to link.
func openInProcess() (compute.Backend, error) {
	return nil, errors.New(wire.EngineEnv + " is not set, and this program was built with the tag resident, without a backend of its own: restart the kernel, or build without the tag")
}
