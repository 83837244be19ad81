// Package kernel is for cells of a notebook, and for packages that work in cells: the backend to compute with, and what
// stays on the device from one cell to the next.
//
// GoNB compiles every cell to a program of its own, which ends with the cell. In the kernel "Go (Otherwise)" an engine
// process goes on: [Backend] is a connection to it, programs compiled once are found again, and tensors that were kept
// ([Keep], [Once]) are there in the next cell. Anywhere else the same code computes in process.
package kernel
