// Package counterfactual is the vocabulary that the methods share: a Problem (a picture, the classifier to explain, the
// diffusion model that knows what pictures look like, the class to reach) and a Result (the counterfactual, the
// masks and probabilities, a trace of every step). Packages ldce and eced turn the one into the other.
package counterfactual
