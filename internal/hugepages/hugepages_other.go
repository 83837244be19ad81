//go:build !linux

package hugepages

// Advise does nothing where the system chooses pages by itself.
func Advise([]byte) {}
