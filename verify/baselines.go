package verify

// baselineParts check baselines.
var baselineParts []Part
