package verify

// latentDiffusionParts check ldm_cin.
var latentDiffusionParts []Part
