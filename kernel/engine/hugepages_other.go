//go:build !linux

package engine

// adviseHugePages does nothing where the system chooses pages by itself.
func adviseHugePages([]byte) {}
