// Package resident is a GoMLX backend that lives in another process, the engine. Computations are written down here, call
// by call, and built, compiled and run there; tensors stay there until they are read. A program that was compiled once is
// found again by later processes, so that a short-lived process, such as a notebook's cell, pays for neither.
//
// The package needs neither cgo nor XLA. Its configuration, as in GOMLX_BACKEND, is resident:unix:/path/to/engine.sock.
package resident

//go:generate go run ./internal/generate
