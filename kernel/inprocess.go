//go:build !resident

package kernel

import (
	"github.com/gomlx/compute"

	"otherwise/setup"
)

func openInProcess() (compute.Backend, error) { return setup.OpenBackend() }
