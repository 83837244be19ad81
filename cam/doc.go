// Package cam finds the region of a picture that a classifier looks at: class activation maps (ScoreCAM, GradCAM,
// GradCAM++), the masks that thresholds make of them, and those masks on the coarser grid of a latent.
//
// ScoreCAM: Wang et al. 2020, arXiv 1910.01279. GradCAM: Selvaraju et al. 2017, arXiv 1610.02391. GradCAM++:
// Chattopadhay et al. 2018, arXiv 1710.11063.
package cam
