package verify

// camParts check cam.
var camParts []Part
