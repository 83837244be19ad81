// Package nn is the small layer between GoMLX graphs and named network parameters.
//
// A network is a plain function from graph nodes to graph nodes that asks a [Scope] for its parameters by the names
// under which they are published ("down_blocks.0.resnets.0.conv1.weight"). [Params] holds the values of one network,
// [Program] compiles a graph function once per input shapes and binds the parameters of any number of networks to it
// at each call, so that the same compiled program serves the original and a fine-tuned copy of a network.
//
// Activations are NHWC. Convolution kernels are [height, width, in, out] in memory and [out, in, height, width] in
// files, as PyTorch publishes them; linear weights are [out, in] in both.
package nn
