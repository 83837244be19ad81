package verify

// fullParts check full.
var fullParts []Part
