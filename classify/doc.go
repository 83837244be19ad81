// Package classify holds picture classifiers as GoMLX graphs, with named layers that class activation maps can read.
package classify
