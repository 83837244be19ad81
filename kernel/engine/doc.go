// Package engine is the process that owns the accelerator: it holds a GoMLX backend, compiled programs and buffers, and
// works for clients (package resident) that connect over a socket, one short-lived process after the other.
//
// A client's connections form a session. Buffers belong to sessions, which hold references to them, and to names, under
// which they outlive the session that made them. What nothing refers to is freed. Programs belong to the engine: they are
// found by the hash of how they are built, and the least recently used are dropped when they pass the limit.
package engine
