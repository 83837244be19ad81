// Package metrics judges counterfactuals: how near they are to the original, whether the classifier and others believe
// them, whether they look like pictures of their class, and, in a world where it is known, how near they are to the true
// counterfactual.
//
// The definitions are those of LDCE (arXiv 2310.06668), ECED (arXiv 2504.09202) and the scripts of ACE that both used; where
// a paper and its code differ, both are here. Pictures have values in [0, 1]; features are matrices of one row a picture.
package metrics
