package weights

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// saverPath tells the test binary to be the process that is killed.
const saverPath = "WEIGHTS_TEST_SAVER_PATH"

func TestMain(m *testing.M) {
	if path := os.Getenv(saverPath); path != "" {
		fmt.Fprintln(os.Stderr, saveForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// saveForEver goes on from the last checkpoint, and prints each step once it is saved.
func saveForEver(path string) error {
	var state trainingState
	checkpoint, err := LoadCheckpoint(path, &state)
	switch {
	case err == nil:
		checkpoint.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	for step := state.Step + 1; ; step++ {
		if err := saveStep(path, step, 100_000); err != nil {
			return err
		}
		fmt.Println(step)
	}
}

// A saving process is killed again and again, at moments of no choosing; what it said it had saved must be there.
func TestKilledWhileSaving(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.ckpt")
	random := rand.New(rand.NewPCG(7, 7))
	for round := range 12 {
		saver := exec.Command(os.Args[0])
		saver.Env = append(os.Environ(), saverPath+"="+path)
		saver.Stderr = os.Stderr
		output, err := saver.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := saver.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(output)
		said := 0
		readStep := func() bool {
			if !lines.Scan() {
				return false
			}
			step, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			said = step
			return true
		}
		for range 1 + random.IntN(3) {
			readStep()
		}
		time.Sleep(time.Duration(random.Int64N(int64(5 * time.Millisecond))))
		if err := saver.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for readStep() {
		}
		saver.Wait() // its error is that it was killed
		if said == 0 {
			t.Fatalf("round %d: the saver saved nothing", round)
		}
		if step, checkpoint := loadStep(t, path); step < said || checkpoint.Skipped != nil {
			t.Fatalf("round %d: step %d was saved, but %d was loaded; skipped %v", round, said, step, checkpoint.Skipped)
		}
	}
}
