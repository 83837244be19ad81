//go:build !linux

package wire

// receiveNow finds nothing: the plain read waits.
func receiveNow(uintptr, []byte) (int, bool) { return 0, false }
