// Package export writes the samples of a procedural world as files: pictures, masks, true counterfactuals and what is
// known of them.
package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/google/renameio/v2"
	"golang.org/x/sync/errgroup"

	"otherwise/datasets"
)

// Options say what is written.
type Options struct {
	Count int // samples, from the first on
	// Identity is what the samples depend on, in words: a folder that holds others is refused.
	Identity string
	// Progress, unless nil, is called after each sample with the number of those that are there. Calls don't overlap.
	Progress func(done, total int)
}

// Truth is the content of truth.json.
type Truth struct {
	World    string   `json:"world"`
	Identity string   `json:"identity"`
	Classes  []string `json:"classes"`
	Samples  []Sample `json:"samples"`
}

// Sample is what is known of a sample. Files are named relative to the folder.
type Sample struct {
	ID             string            `json:"id"`
	Label          int               `json:"label"`
	Class          string            `json:"class"`
	Image          string            `json:"image"`
	Object         string            `json:"object"`   // mask of the subject
	Decisive       string            `json:"decisive"` // mask of what tells the two classes apart
	Counterfactual string            `json:"counterfactual"`
	Target         int               `json:"target"` // the counterfactual's label
	TargetClass    string            `json:"target_class"`
	Factors        map[string]string `json:"factors"`
	Description    any               `json:"description"` // everything the picture depends on
}

// folders that pictures are written to
const (
	images          = "images"
	objects         = "objects"
	decisive        = "decisive"
	counterfactuals = "counterfactuals"
)

// truthFile is written last: where it is, the folder is complete.
const truthFile = "truth.json"

// identityFile is written first, so that a later run knows what it goes on with.
const identityFile = "world.json"

// Write writes the first samples of a world to a folder, on all cores. Every file arrives whole; files that are there are
// kept, so that the same call goes on after an interruption.
func Write(ctx context.Context, world datasets.World, dir string, o Options) error {
	if o.Count < 1 || o.Count > world.Len() {
		return fmt.Errorf("writing %d samples of %s: it has 1 to %d", o.Count, world.Name(), world.Len())
	}
	for _, folder := range []string{images, objects, decisive, counterfactuals} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return fmt.Errorf("making the output folder: %w", err)
		}
	}
	if err := claim(dir, world.Name(), o.Identity); err != nil {
		return err
	}
	samples := make([]Sample, o.Count)
	writing, ctx := errgroup.WithContext(ctx)
	writing.SetLimit(runtime.NumCPU())
	var mu sync.Mutex // of done
	done := 0
	for i := range samples {
		writing.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if samples[i], err = writeSample(world, dir, i); err != nil {
				return fmt.Errorf("sample %d of %s: %w", i, world.Name(), err)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			if o.Progress != nil {
				o.Progress(done, o.Count)
			}
			return nil
		})
	}
	if err := writing.Wait(); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, truthFile), Truth{World: world.Name(), Identity: o.Identity, Classes: world.Classes(), Samples: samples})
}

// claim marks the folder as this world's, or reports that it is another's.
func claim(dir, world, identity string) error {
	type owner struct {
		World    string `json:"world"`
		Identity string `json:"identity"`
	}
	path := filepath.Join(dir, identityFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return writeJSON(path, owner{world, identity})
	}
	if err != nil {
		return fmt.Errorf("reading what the folder holds: %w", err)
	}
	var there owner
	if err := json.Unmarshal(raw, &there); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if there != (owner{world, identity}) {
		return fmt.Errorf("%s holds pictures of %s (%s), not of %s (%s): name another folder", dir, there.World, there.Identity, world, identity)
	}
	return nil
}

// writeSample writes what isn't there yet of a sample.
func writeSample(world datasets.World, dir string, i int) (Sample, error) {
	label := world.Label(i)
	target := world.Partner(label)
	classes := world.Classes()
	name := fmt.Sprintf("%06d.png", i)
	s := Sample{ID: world.Name() + "/" + name, Label: label, Class: classes[label], Target: target, TargetClass: classes[target],
		Image: images + "/" + name, Object: objects + "/" + name, Decisive: decisive + "/" + name, Counterfactual: counterfactuals + "/" + name}
	var err error
	if s.Factors, err = datasets.NamedValues(world, i); err != nil {
		return Sample{}, err
	}
	if s.Description, err = world.Describe(i); err != nil {
		return Sample{}, err
	}
	if complete(dir, s.Image, s.Object, s.Decisive, s.Counterfactual) {
		return s, nil
	}
	sample, err := world.Sample(i)
	if err != nil {
		return Sample{}, err
	}
	truth, err := world.Truth(i, target)
	if err != nil {
		return Sample{}, err
	}
	for _, f := range []struct {
		file string
		img  image.Image
	}{{s.Image, sample.Image}, {s.Object, truth.Object}, {s.Decisive, truth.Decisive}, {s.Counterfactual, truth.Image}} {
		if err := writePNG(filepath.Join(dir, filepath.FromSlash(f.file)), f.img); err != nil {
			return Sample{}, err
		}
	}
	return s, nil
}

func complete(dir string, files ...string) bool {
	for _, f := range files {
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f))); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

func writePNG(path string, img image.Image) error {
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		return err
	}
	return renameio.WriteFile(path, file.Bytes(), 0o644)
}

func writeJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(path), err)
	}
	return nil
}
