// Package weights reads and writes the files that network parameters live in.
//
//   - [Open], [Read] and [Parse] read safetensors files, [Write] and [Marshal] make them.
//   - [OpenTorch] reads the checkpoints of PyTorch without running anything in them, [OpenSharded]
//     weights in several files, [OpenCheckpoint] any of these or a folder with them.
//   - A [Source] is what all of them return: [Rename] gives its tensors other names, [Diff] compares it with what a network wants.
//   - A [Bundle] is the set of networks that an explanation needs, with their configuration and checksums, in one folder.
//   - [SaveCheckpoint] and [LoadCheckpoint] keep the state of a training run such that it survives being killed at any moment.
//
// Nothing that is read is trusted: sizes and offsets are checked against the file before anything is allocated for them.
// Whatever is written appears under its name complete or not at all.
package weights
