// Package datasets holds what every data set of labelled pictures has in common: what a [Sample] is, how a [Dataset] is
// read, and how a class that a user typed is found among the names.
//
// The data sets themselves are in sub-packages: fashion reads Fashion-MNIST; savanna and faces draw a [World], where
// the true counterfactual is known. Package picture, beside them, reads pictures of one's own.
package datasets
