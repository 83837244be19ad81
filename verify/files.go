package verify

// fileParts check files.
var fileParts []Part
