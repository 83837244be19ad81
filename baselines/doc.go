// Package baselines holds the methods beside which LDCE and ECED stand, on the same interface: DVCE (arXiv 2210.11841), SVCE
// (2205.07972), DiME (2203.15636), ACE (2303.09962), FastDiME (2312.14223), MaskDiME (2602.18792), blended latent diffusion
// editing (2206.02779) and plain PGD as the negative control.
//
// ACE, DiME, FastDiME, MaskDiME and DVCE are pixel-space methods; here they run on a latent diffusion model, and are called
// what they are ("ACE-style, latent", see [Describe]). On a latent z = s*E(2x-1) stands for the picture, classifiers see
// (D(z/s)+1)/2, gradients run through the decoder, pictures are clamped only at the end, clean estimates never, the condition is
// the one of no class, and the variance of the chain is the posterior's. What that loses is said in docs/methods.md.
//
// Every method has two faces: a [counterfactual.Method], and the algorithm itself on tensors (ACE.Attack, DiME.Guide, ...), which
// takes its noise from outside and shows every intermediate value, so that it can be compared number by number with another
// implementation.
package baselines
