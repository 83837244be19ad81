package verify

// metricParts check metrics.
var metricParts []Part
