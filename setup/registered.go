//go:build !resident

package setup

// The backends that GOMLX_BACKEND can name. Cells of a notebook, which are built with the tag resident, have theirs in the
// engine and go without: XLA takes seconds to link.
import (
	_ "github.com/gomlx/compute/gobackend"  // GOMLX_BACKEND=go
	_ "github.com/gomlx/go-xla/compute/xla" // GOMLX_BACKEND=xla:...; without its auto-installer, which downloads by itself
)
