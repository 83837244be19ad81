package wire

import (
	"fmt"
	"strings"
)

// EngineEnv is the environment variable with the address of the engine to use, "unix:" and the path of its socket. The
// kernel's launcher sets it for cells. The user sets it to share an engine between notebooks, or to have any program use one.
const EngineEnv = "OTHERWISE_ENGINE"

// SocketPath gives the path in an engine's address.
func SocketPath(address string) (string, error) {
	path, unix := strings.CutPrefix(address, "unix:")
	if !unix || path == "" {
		return "", fmt.Errorf("an engine's address is unix:/path/to/socket, not %q", address)
	}
	return path, nil
}
