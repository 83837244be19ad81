// Package wire is how the kernel's engine and its clients talk: frames over a stream socket, and an encoding of Go values.
//
// A connection carries one request at a time: the client sends a frame and waits for the frame that answers it. A client
// with several requests at once opens several connections. Every length that a peer states is checked against a limit
// before anything is allocated for it.
package wire
