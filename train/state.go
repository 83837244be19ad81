package train

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
	"otherwise/weights"
)

// state is all that a run has made so far; it is what a checkpoint holds.
type state struct {
	Step     int           `json:"step"`
	Identity string        `json:"identity"`
	Elapsed  time.Duration `json:"elapsed_ns"`
	Losses   []LossPoint   `json:"losses"`

	params, m, v, ema *nn.Params
}

// sections names the networks of a checkpoint file.
func (s *state) sections() map[string]**nn.Params {
	return map[string]**nn.Params{"params": &s.params, "adam_m": &s.m, "adam_v": &s.v, "ema": &s.ema}
}

// start takes up the checkpoint where there is one, else begins with the task's initial parameters.
func start(task Task, opts Options) (*state, error) {
	fresh := &state{Identity: opts.Identity, m: task.Params.ZerosLike(), v: task.Params.ZerosLike()}
	var err error
	if fresh.params, err = task.Params.Copy(); err != nil {
		return nil, err
	}
	if fresh.ema, err = task.Params.Copy(); err != nil {
		return nil, err
	}
	if opts.Checkpoint == "" {
		return fresh, nil
	}
	s := &state{}
	file, err := weights.LoadCheckpoint(opts.Checkpoint, s)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, fmt.Errorf("resuming %s: %w", task.Name, err)
	}
	defer file.Close()
	if s.Identity != opts.Identity {
		return nil, fmt.Errorf("resuming %s: %s was made by another run (%s; this one is %s); "+
			"name another checkpoint or remove that one", task.Name, opts.Checkpoint, s.Identity, opts.Identity)
	}
	all, err := nn.LoadParams(file.File)
	if err != nil {
		return nil, fmt.Errorf("resuming %s: %w", task.Name, err)
	}
	for section, p := range s.sections() {
		*p = nn.NewParams()
		for _, name := range task.Params.Names() {
			value := all.Get(section + "/" + name)
			if value == nil || !value.Shape().Equal(task.Params.Get(name).Shape()) {
				return nil, fmt.Errorf("resuming %s: %s lacks %s of %q in the right shape; remove it to begin anew",
					task.Name, opts.Checkpoint, section, name)
			}
			(*p).Set(name, value)
		}
	}
	return s, nil
}

// advance takes one step and returns its loss. Values that are replaced are freed at once, not when collected.
func (s *state) advance(step *stepProgram, frozen []*nn.Params, batch []any, rate float64) (float64, error) {
	nets := append([]*nn.Params{s.params, s.m, s.v, s.ema}, frozen...)
	args := append([]any{float32(rate), float32(s.Step + 1)}, batch...)
	out, err := step.program.Call(nets, args...)
	if err != nil {
		return 0, err
	}
	loss := float64(tensors.ToScalar[float32](out[0]))
	for i, name := range step.trained {
		for j, net := range nets[:netFrozen] {
			if err := net.Replace(name, out[1+netFrozen*i+j]); err != nil {
				return 0, err
			}
		}
	}
	s.Step++
	return loss, nil
}

// save writes the checkpoint, all or nothing.
func (s *state) save(opts Options) error {
	var all []weights.Tensor
	for section, p := range s.sections() {
		exported, err := (*p).Export(weights.F32)
		if err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
		for _, t := range exported {
			t.Name = section + "/" + t.Name
			all = append(all, t)
		}
	}
	if err := weights.SaveCheckpoint(opts.Checkpoint, all, s); err != nil {
		return fmt.Errorf("checkpoint %s: %w", opts.Checkpoint, err)
	}
	return nil
}
