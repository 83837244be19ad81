package verify

// schedulerParts check schedulers.
var schedulerParts []Part
