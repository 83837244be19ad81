package verify

// ecedParts check eced.
var ecedParts []Part
