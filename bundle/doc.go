// Package bundle turns the files of a bundle (see weights.Bundle) into models that run: classifier, judge, diffusion
// model, and the options of the methods that suit them. The Fashion-MNIST bundle is part of the binary.
package bundle
