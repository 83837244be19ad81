package verify

// stableDiffusionParts check sd.
var stableDiffusionParts []Part

// fullDiffusion are the diffusion models of full size.
var fullDiffusion = map[string]fullNetwork{}
