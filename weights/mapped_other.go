//go:build !linux

package weights

import (
	"errors"
	"io"
	"os"
)

// mapFile is for Linux only; elsewhere files are read.
func mapFile(*os.File, int64) (region, io.Closer, error) {
	return nil, nil, errors.ErrUnsupported
}
