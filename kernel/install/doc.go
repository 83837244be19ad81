// Package install makes the notebook kernel known to Jupyter: it builds the programs the kernel stands on, once, and writes
// a kernelspec, the folder that Jupyter finds kernels by.
package install
