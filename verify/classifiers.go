package verify

// classifierParts check classifiers.
var classifierParts []Part

// fullClassifiers are the classifiers and metric networks of full size.
var fullClassifiers = map[string]fullNetwork{}
