// Package hubcache finds models in the cache that the tools of the Hugging Face hub share on a machine. It asks no network;
// package hub does, and fills the cache. The cache has this layout:
//
//	models--OWNER--NAME/refs/REVISION               a file that holds a commit
//	models--OWNER--NAME/snapshots/COMMIT/PATH       a link to a blob
//	models--OWNER--NAME/blobs/HASH                  a file's content
package hubcache

import (
	"cmp"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

// Dir is the folder of the cache: $HF_HUB_CACHE, else "hub" in $HF_HOME, else the usual place. It is "" where there is no home
// folder either.
func Dir() string {
	if dir := os.Getenv("HF_HUB_CACHE"); dir != "" {
		return dir
	}
	if home := os.Getenv("HF_HOME"); home != "" {
		return filepath.Join(home, "hub")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cmp.Or(os.Getenv("XDG_CACHE_HOME"), filepath.Join(home, ".cache")), "huggingface", "hub")
}

// Folder is where a model, "owner/name", has its place in a cache.
func Folder(cache, model string) string {
	return filepath.Join(cache, "models--"+strings.ReplaceAll(model, "/", "--"))
}

// SnapshotOf is where the files of a commit have their names.
func SnapshotOf(cache, model, commit string) string {
	return filepath.Join(Folder(cache, model), "snapshots", commit)
}

// Ref is the file that holds the commit of a branch or tag.
func Ref(cache, model, revision string) string {
	return filepath.Join(Folder(cache, model), "refs", filepath.FromSlash(revision))
}

// Blob is where the content of the files with a hash lies.
func Blob(cache, model, hash string) string {
	return filepath.Join(Folder(cache, model), "blobs", hash)
}

// Snapshot returns the folder with a model's files of a revision (a commit, branch or tag), or "" if none was ever fetched. Not
// all files of the model need be there.
func Snapshot(cache, model, revision string) string {
	commit := revision
	if !IsCommit(commit) {
		text, err := os.ReadFile(Ref(cache, model, revision))
		if err != nil {
			return ""
		}
		commit = strings.TrimSpace(string(text))
	}
	if !IsCommit(commit) {
		return ""
	}
	dir := SnapshotOf(cache, model, commit)
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}

// IsCommit reports whether a revision is a commit, which always means the same files: a hash of 20 bytes in lower-case
// hexadecimal digits.
func IsCommit(revision string) bool {
	digest, err := hex.DecodeString(revision)
	return err == nil && len(digest) == 20 && strings.ToLower(revision) == revision
}
