// Package eced implements "From Visual Explanations to Counterfactual Explanations with Latent Diffusion" (Luu, Le, Le
// and Le, 2025, arXiv 2504.09202) in its three stages: a class activation map chooses the region to change (A); the
// background's latent and the decoder are fitted to the picture (B); blended diffusion towards the target class, driven
// by the classifier's gradient pruned to the region, changes the foreground only (C).
//
// No public code of the method exists and the text lost its numbers, so every default names its source.
package eced
