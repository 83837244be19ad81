// Package faces draws a world of portraits in which the true counterfactual of every attribute is known.
//
// A [Portrait] holds who somebody is (their [Identity]: bones, skin, eyes, which no attribute touches), how they look today
// (attributes with CelebA's names, such as Smiling and Eyeglasses) and how they were taken. [Portrait.Render] is a pure
// function of it; [Portrait.With] is the same portrait with one attribute changed: the true counterfactual.
package faces
