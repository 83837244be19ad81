// Package ldce implements Latent Diffusion Counterfactual Explanations (Schrodi, Farid, Argus and Brox, 2023,
// arXiv 2310.06668): a picture's latent is noised to an intermediate level and denoised again, guided by the
// classifier's gradient at those locations only where it agrees with the diffusion model's own direction towards the
// target class (the consensus mask), and by the distance to the picture.
package ldce
