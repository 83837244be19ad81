package counterfactual

// How a method may come from a picture's latent to the noisy one that denoising begins at.
const (
	AbductionNoise     = "noise"     // noise of the problem's seed is added: what both papers do
	AbductionInversion = "inversion" // DDIM's steps are made backwards (ours)
)
