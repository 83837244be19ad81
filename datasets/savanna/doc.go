// Package savanna draws a world in which the true counterfactual is known: pictures of zebras, sorrels, cheetahs,
// cougars, Egyptian and Persian cats, the classes of the papers' experiments on ImageNet.
//
// A [Scene] holds everything that a picture depends on. [Draw] draws one from a seed and a number, [Scene.Render] is a
// pure function of it, and [Scene.As] is the same scene with an animal of another class: same place, size, facing,
// stride, light and land. What decides the class is the animal's coat, mane and face, and [Rendering] says where it is.
package savanna
