// Package cam finds the region of a picture that a classifier looks at: class activation maps and their family, from ScoreCAM to
// integrated gradients (see [Method]), what tells two classes apart, curves that judge a map, the masks that thresholds make of
// maps, and those masks on the coarser grid of a latent.
//
// All methods have one interface: a classifier, a layer and a class give a map in [0, 1] of the picture's size. A layer of a
// transformer is shown as the grid of its patches' tokens, so that they work for it as they do for convolutions.
package cam
