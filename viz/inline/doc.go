// Package inline shows pictures, results and progress in a notebook, below the cell that has them. Elsewhere there is
// nowhere to show them; [viz.WriteResult] writes files.
//
// What it shows is plain HTML with pictures inside: it is saved with the notebook, needs no scripts, takes its colours
// from the page, light or dark, and is there too when a notebook is run without a browser.
package inline
