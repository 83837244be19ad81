package verify

// layerParts check layers.
var layerParts []Part
