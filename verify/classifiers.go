package verify

// classifierParts check classifiers.
var classifierParts []Part
