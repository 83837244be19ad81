// Package hugepages makes filling large memory faster.
package hugepages

import (
	"syscall"
	"unsafe"
)

const (
	hugePage = 2 << 20
	// fewHugePages is the memory below which huge pages aren't worth the call.
	fewHugePages = 4 * hugePage
	// pageSize is a multiple of every page size that Linux runs with here.
	pageSize = 64 << 10
)

// Advise asks for large pages under memory that is about to be filled: a fault for each small one takes as long as
// copying what goes into it. It is advice only: without them everything works.
func Advise(memory []byte) {
	if len(memory) < fewHugePages {
		return
	}
	start := -uintptr(unsafe.Pointer(&memory[0])) % pageSize // to the first whole page
	_ = syscall.Madvise(memory[start:][:(uintptr(len(memory))-start)/pageSize*pageSize], syscall.MADV_HUGEPAGE)
}
