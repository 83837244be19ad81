package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"otherwise/datasets"
	"otherwise/datasets/faces"
	"otherwise/datasets/savanna"
)

func world(t *testing.T) datasets.World {
	t.Helper()
	w, err := savanna.New(datasets.Test, 3, savanna.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWriteAndGoOn(t *testing.T) {
	dir, w := t.TempDir(), world(t)
	ctx, cancel := context.WithCancel(context.Background())
	interrupted := Write(ctx, w, dir, Options{Count: 6, Identity: "seed 3", Progress: func(done, _ int) {
		if done == 2 {
			cancel()
		}
	}})
	if !errors.Is(interrupted, context.Canceled) {
		t.Fatalf("interrupted: %v", interrupted)
	}
	if _, err := os.Stat(filepath.Join(dir, "truth.json")); err == nil {
		t.Error("truth.json is there though the pictures are not")
	}
	calls := 0
	if err := Write(context.Background(), w, dir, Options{Count: 6, Identity: "seed 3", Progress: func(done, total int) {
		if calls++; done != calls || total != 6 {
			t.Errorf("call %d says %d of %d", calls, done, total)
		}
	}}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth Truth
	if err := json.Unmarshal(raw, &truth); err != nil {
		t.Fatal(err)
	}
	if len(truth.Samples) != 6 || truth.Samples[2].Class != "cheetah" || truth.Samples[2].TargetClass != "cougar" || truth.Samples[2].Factors["sky"] == "" {
		t.Fatalf("truth %+v", truth)
	}
	for _, s := range truth.Samples {
		for _, name := range []string{s.Image, s.Object, s.Decisive, s.Counterfactual} {
			raw, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if c, err := png.DecodeConfig(bytes.NewReader(raw)); err != nil || c.Width != savanna.Size {
				t.Errorf("%s: %v, %d pixels wide", name, err, c.Width)
			}
		}
	}
	if err := Write(context.Background(), w, dir, Options{Count: 6, Identity: "seed 4"}); err == nil {
		t.Error("another world is written into the folder")
	}
	again, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil || !bytes.Equal(raw, again) {
		t.Errorf("truth.json changed: %v", err)
	}
}

func TestWriteRefusesImpossibleCounts(t *testing.T) {
	for _, count := range []int{0, -1, datasets.WorldTest + 1} {
		if err := Write(context.Background(), world(t), t.TempDir(), Options{Count: count}); err == nil {
			t.Errorf("%d samples can be written", count)
		}
	}
}

func TestSheet(t *testing.T) {
	w, err := faces.New(datasets.Test, 1, faces.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := Sheet(w, 3)
	if err != nil {
		t.Fatal(err)
	}
	if size := sheet.Bounds().Size(); size.X != 3*faces.Size || size.Y != 4*faces.Size {
		t.Errorf("the sheet is %v", size)
	}
	if _, err := Sheet(w, 0); err == nil {
		t.Error("an empty sheet passes")
	}
}
