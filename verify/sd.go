package verify

// stableDiffusionParts check sd.
var stableDiffusionParts []Part
