package wire

import (
	"syscall"
	"unsafe"
)

// receiveNow reads what a socket has, without waiting. It reports whether there was anything; the end of the stream and
// errors are left for a plain read to find.
func receiveNow(fd uintptr, b []byte) (int, bool) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_DONTWAIT, 0, 0)
	return int(n), errno == 0 && n > 0
}
