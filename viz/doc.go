// Package viz makes what one can look at: pictures of a result and of its parts, labelled sheets of them, a folder of
// files for one result ([WriteResult]) and a page for many ([WriteReport]).
//
// Drawing never fails. What cannot be drawn is magenta, a colour that nothing else here has: a NaN is a magenta pixel,
// and a picture or grid whose values don't fit its size is one magenta pixel. [WriteResult] and [Report] check results
// before they draw them, and say what is wrong.
package viz
