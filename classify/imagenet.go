package classify

import (
	_ "embed"
)

// WordNet ids, and the names that torchvision gives the classes (BSD licence).
//
//go:embed imagenet.tsv
var imageNet1k string

// ImageNetClasses returns the names of the 1000 classes of ImageNet's challenge of 2012, in the order of published weights.
func ImageNetClasses() []string { return column(imageNet1k, 1) }

// ImageNetWordNetIDs returns the classes' WordNet ids (n01440764 is tench), in the same order.
func ImageNetWordNetIDs() []string { return column(imageNet1k, 0) }
