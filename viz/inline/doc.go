// Package inline shows pictures, results and progress in a notebook, below the cell that has them. Elsewhere there is
// nowhere to show them; [viz.Save] and [viz.WriteResult] write files.
//
// What it shows is plain HTML with pictures inside: it is saved with the notebook, takes its colours from the page, light or dark, and
// is there too when a notebook is run without a browser. Sliders need scripts, which are inside as well; where a page runs none, a still
// form is seen, and where it shows no HTML, a line of text.
package inline
