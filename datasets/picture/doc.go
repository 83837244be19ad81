// Package picture turns pictures from anywhere into what a network takes, and back: [Open] and [Decode] read a file and
// put it upright, [Fit] brings it to a network's size, [ToFloats] and [FromFloats] convert between pixels and numbers.
package picture
