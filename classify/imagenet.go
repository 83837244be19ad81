package classify

import (
	_ "embed"
	"strings"
)

// The names that torchvision gives the classes (BSD licence).
//
//go:embed imagenet.txt
var imageNetNames string

// ImageNetClasses returns the names of the 1000 classes of ImageNet's challenge of 2012, in the order of published weights.
func ImageNetClasses() []string { return strings.Split(strings.TrimSpace(imageNetNames), "\n") }
