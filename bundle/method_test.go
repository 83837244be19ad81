package bundle

import (
	"errors"
	"testing"

	"otherwise/counterfactual"
	"otherwise/eced"
)

// Options of a task lie over those of all tasks, and under the overrides.
func TestOptionsOfATask(t *testing.T) {
	stored := map[string][]byte{"eced": []byte(`{"foreground_share": 0.1, "iterations": 3}`), "eced/Young": []byte(`{"foreground_share": 0.2, "ddim_steps": 20}`)}
	for task, want := range map[string]eced.Options{
		"Smiling": {ForegroundShare: 0.1, Iterations: 3, DenoiseSteps: 7},
		"Young":   {ForegroundShare: 0.2, Iterations: 3, DDIMSteps: 20, DenoiseSteps: 7},
		"":        {ForegroundShare: 0.1, Iterations: 3, DenoiseSteps: 7},
	} {
		enough, got := errors.New("enough"), eced.Options{}
		_, err := prepare(&Bundle{Task: task, methods: stored}, "eced", [][]byte{[]byte(`{"denoise_steps": 7}`)}, eced.Options{},
			func(_ counterfactual.Models, o eced.Options) (counterfactual.Method, error) {
				got = o
				return nil, enough
			})
		if !errors.Is(err, enough) || got.ForegroundShare != want.ForegroundShare || got.Iterations != want.Iterations || got.DDIMSteps != want.DDIMSteps ||
			got.DenoiseSteps != want.DenoiseSteps {
			t.Errorf("task %q: got %+v, error %v", task, got, err)
		}
	}
}
