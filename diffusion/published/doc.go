// Package published opens latent diffusion models as their makers publish them: a diffusers folder, or a single CompVis
// checkpoint with its YAML configuration. [Open] reads configurations only; each network's weights are read when they are
// asked for, by [Weights.Load], so that a program holds what it uses.
package published
