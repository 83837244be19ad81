// Package launch starts a notebook kernel and ends it without a trace. Jupyter starts `otherwise kernel run FILE`, which is
// Run:
//
//	Jupyter ── starts ──▶ launcher (Run)                holds a pipe to the guard
//	                         └── guard (Guard)          leads a session of its own, watches all below
//	                                ├── gonb            talks to the front end; compiles and runs cells
//	                                │     ├── gopls
//	                                │     └── a cell    computes in the engine, over a socket
//	                                └── engine          owns the accelerator; started again when it dies
//
// Launcher and guard watch each other. Whichever dies, the other kills every process of the guard's session and deletes the
// kernel's folder, which holds all that is temporary: the engine's socket and log, GoNB's folder, the cells' temporary files.
// Folders whose launcher and guard both died are deleted by the next start.
//
// GoNB finds the shim (RunShim) as `go` first on its PATH: the launcher's own program, which runs the real go and writes the
// notebook's go.mod so that cells import this module, with its exact requirements, from the folder it was installed from.
package launch
