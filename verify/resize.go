package verify

// resizeParts check resize.
var resizeParts []Part
