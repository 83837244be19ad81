package weights

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trainingState is what the tests save beside tensors.
type trainingState struct {
	Step int    `json:"step"`
	Seed uint64 `json:"seed"`
}

// saveStep saves a checkpoint all of whose elements are the number of the step.
func saveStep(path string, step, elements int) error {
	values := make([]float32, elements)
	for i := range values {
		values[i] = float32(step)
	}
	return SaveCheckpoint(path, []Tensor{
		{"parameters", F32, []int{elements}, values},
		{"steps", I64, nil, []int64{int64(step)}},
	}, trainingState{Step: step, Seed: 42})
}

// loadStep loads a checkpoint of saveStep, and fails the test unless all of it is of one step.
func loadStep(t *testing.T, path string) (step int, checkpoint *Checkpoint) {
	t.Helper()
	var state trainingState
	checkpoint, err := LoadCheckpoint(path, &state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checkpoint.Close() })
	values, err := checkpoint.Float32("parameters")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if v != float32(state.Step) {
			t.Fatalf("element %d is of step %g, the state of step %d", i, v, state.Step)
		}
	}
	if steps, err := checkpoint.Int64("steps"); err != nil || steps[0] != int64(state.Step) {
		t.Fatalf("steps is %v (%v), the state is of step %d", steps, err, state.Step)
	}
	if state.Seed != 42 {
		t.Fatalf("seed is %d, want 42", state.Seed)
	}
	return state.Step, checkpoint
}

func mustSave(t *testing.T, path string, steps ...int) {
	t.Helper()
	for _, step := range steps {
		if err := saveStep(path, step, 1000); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckpointKeepsTheLastTwo(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.ckpt")
	mustSave(t, path, 1, 2, 3)
	if step, checkpoint := loadStep(t, path); step != 3 || checkpoint.Skipped != nil || checkpoint.Path != path {
		t.Errorf("loaded step %d from %s, skipped %v", step, checkpoint.Path, checkpoint.Skipped)
	}
	if step, _ := loadStep(t, path+".prev"); step != 2 {
		t.Errorf("the previous checkpoint is of step %d, want 2", step)
	}
	if diff := cmp.Diff([]string{"run.ckpt", "run.ckpt.prev"}, fileNames(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestNoCheckpoint(t *testing.T) {
	_, err := LoadCheckpoint(filepath.Join(t.TempDir(), "run.ckpt"), &trainingState{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v, want that the file does not exist", err)
	}
}

// Damage of any kind to the newest checkpoint must lead to the previous one, with the reason.
func TestDamagedCheckpointFallsBack(t *testing.T) {
	for name, damage := range map[string]func(data []byte) []byte{
		"missing":               func([]byte) []byte { return nil },
		"empty":                 func([]byte) []byte { return []byte{} },
		"torn":                  func(data []byte) []byte { return data[:len(data)/2] },
		"tail of zeros":         func(data []byte) []byte { clear(data[len(data)-100:]); return data },
		"one bit of an element": func(data []byte) []byte { data[len(data)-50] ^= 1; return data },
		"state":                 replacing(`\"step\":2`, `\"step\":7`),
		"name of a tensor":      replacing(`"steps"`, `"stepz"`),
		"shape":                 replacing(`"shape":[1000]`, `"shape":[0001]`),
		"shape of equal size":   replacing(`"shape":[1000]`, `"shape":[10,100]`),
		"not a checkpoint":      func([]byte) []byte { return fileOf(`{}`, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "run.ckpt")
			mustSave(t, path, 1, 2)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if damaged := damage(data); damaged != nil {
				if err := os.WriteFile(path, damaged, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			step, checkpoint := loadStep(t, path)
			if step != 1 || checkpoint.Path != path+".prev" {
				t.Errorf("loaded step %d from %s", step, checkpoint.Path)
			}
			if checkpoint.Skipped == nil || !strings.Contains(checkpoint.Skipped.Error(), path) {
				t.Errorf("the reason is %v, want one that names the file", checkpoint.Skipped)
			}
			// A save after that must not put the damaged file in the place of the only good one before the new one is there.
			mustSave(t, path, 3)
			if step, checkpoint := loadStep(t, path); step != 3 || checkpoint.Skipped != nil {
				t.Errorf("after the next save: step %d, skipped %v", step, checkpoint.Skipped)
			}
		})
	}
}

// replacing returns a damage that changes a part of the header.
func replacing(from, to string) func([]byte) []byte {
	return func(data []byte) []byte {
		header := strings.Replace(string(data[8:]), from, to, 1)
		if header == string(data[8:]) {
			panic("nothing to replace: " + from)
		}
		// Spaces that pad the header give way to a longer text.
		for len(header) > len(data)-8 {
			header = strings.Replace(header, "} ", "}", 1)
		}
		return append(data[:8:8], header...)
	}
}

func TestBothCheckpointsDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.ckpt")
	mustSave(t, path, 1, 2)
	for _, p := range []string{path, path + ".prev"} {
		if err := os.WriteFile(p, []byte("rubbish rubbish"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := LoadCheckpoint(path, &trainingState{})
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path+".prev") {
		t.Fatalf("error is %v, want one that names both files", err)
	}
	// With the newest missing, the damaged one before it is the error, not that there is none.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadCheckpoint(path, &trainingState{}); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func TestCheckpointOfAnotherProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.ckpt")
	mustSave(t, path, 1)
	var other struct {
		Epoch int `json:"epoch"`
	}
	if _, err := LoadCheckpoint(path, &other); err == nil || !strings.Contains(err.Error(), `unknown field "step"`) {
		t.Errorf("error is %v", err)
	}
}

func TestSaveCheckpointErrorsKeepTheOldOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.ckpt")
	mustSave(t, path, 1, 2)
	var unsupported *json.UnsupportedTypeError
	if err := SaveCheckpoint(path, nil, func() {}); !errors.As(err, &unsupported) {
		t.Errorf("state without a JSON form: %v", err)
	}
	if err := SaveCheckpoint(path, []Tensor{{"x", F16, []int{1}, []float32{1e9}}}, trainingState{}); err == nil {
		t.Error("1e9 was saved as F16")
	}
	if step, checkpoint := loadStep(t, path); step != 2 || checkpoint.Skipped != nil {
		t.Errorf("step is %d, skipped %v", step, checkpoint.Skipped)
	}
	if step, _ := loadStep(t, path+".prev"); step != 1 {
		t.Errorf("the previous step is %d", step)
	}
}

// A folder is nobody's checkpoint: it must stay where it is.
func TestSaveCheckpointOverFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.ckpt")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := saveStep(path, 1, 10); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error is %v", err)
	}
	if names := fileNames(t, filepath.Dir(path)); !cmp.Equal(names, []string{"run.ckpt"}) {
		t.Errorf("the folder holds %v", names)
	}
}

func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.ckpt")
	for _, name := range []string{".run.ckpt123456789", ".run.ckpt", ".run.ckpt12.txt", ".other.ckpt123", "run.ckpt5"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mustSave(t, path, 1)
	if _, err := os.Stat(filepath.Join(dir, ".run.ckpt123456789")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a half-written file was left (%v)", err)
	}
	for _, name := range []string{".run.ckpt", ".run.ckpt12.txt", ".other.ckpt123", "run.ckpt5"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("another's file was removed: %v", err)
		}
	}
}
