// Package program writes down how a computation is built, call by call, and builds it again elsewhere.
//
// A log is the sequence of calls that GoMLX made on the main function, the closures and further functions of a
// compute.Builder: the operation, its operands as numbers of earlier results, and its other arguments as they are.
// [Replay] makes the same calls on another builder. What is not a matter of building (names of graphs, stack traces)
// is not in the log, so that two runs of the same code give the same bytes.
//
//go:generate go run ./internal/generate
package program
