// Package diagnose looks at what a method did rather than at its result: how much a seed decides (LDCE, appendix H), how far classifier and
// diffusion model agree in each step, and why no counterfactual was found.
package diagnose
