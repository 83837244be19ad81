// Package onnx turns picture classifiers in ONNX files into differentiable networks of this project.
//
// [Open] reads a file (operator sets 9 to 21), checks it whole, and gives a classifier whose parameters are on the device once
// and whose layers are named as in the file, for class activation maps. It is a converter of its own: the public one,
// onnx-gomlx, is made for an earlier GoMLX and does not compile with the one that this module uses.
//
// A graph is walked once for each shape of input. What depends on shapes alone (Shape, Gather, Concat, Reshape and the
// like of exported models) is computed on the host while walking, so that a batch of any size works where the file allows
// one. Tensors with four axes are kept channels last where the operators between allow it, which is what XLA is fast at.
package onnx
