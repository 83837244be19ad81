// Package viz makes what one can look at. Functions such as [Heat] and [Difference] draw pictures of a result's parts. A [View] is a
// picture with what is to be said of it, a plot, or a part of a page that moves: package inline shows it in a notebook, [Save] writes it to a file.
// [Overview] is all of a result, [WriteResult] a folder of files for one, [WriteReport] a page for many.
//
// Drawing never fails. What cannot be drawn is magenta, a colour that nothing else here has: a NaN is a magenta pixel,
// and a picture or grid whose values don't fit its size is one magenta pixel. [WriteResult] and [Report] check results
// before they draw them, and say what is wrong.
package viz
