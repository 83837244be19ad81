package verify

// ldceParts check ldce.
var ldceParts []Part
