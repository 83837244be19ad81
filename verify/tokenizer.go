package verify

// tokenizerParts check tokenizer.
var tokenizerParts []Part
