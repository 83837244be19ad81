package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"otherwise/diffusion"
)

// schedulers are the choices of --scheduler.
var schedulers = map[string]diffusion.Scheduler{
	"ddim":       diffusion.DDIM{},
	"ddim-eta1":  diffusion.DDIM{Eta: 1},
	"ddpm":       diffusion.DDPM{},
	"plms":       diffusion.PLMS{},
	"dpm":        diffusion.DPMSolver{},
	"dpm-karras": diffusion.DPMSolver{Karras: true},
}

// samplingFlags say how pictures are drawn from noise.
type samplingFlags struct {
	scheduler string
	given     diffusion.SampleOptions
}

func (s *samplingFlags) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Float64Var(&s.given.GuidanceScale, "guidance", 2, "scale of classifier-free guidance; 1 is none")
	f.IntVar(&s.given.Steps, "steps", 50, "denoising steps")
	f.StringVar(&s.scheduler, "scheduler", "ddim", "how the steps are made: "+strings.Join(schedulerNames(), ", "))
	f.Uint64Var(&s.given.Seed, "seed", 0, "decides all randomness")
}

func schedulerNames() []string { return slices.Sorted(maps.Keys(schedulers)) }

// options are the settings, but for the pictures' size, or a usage error.
func (s *samplingFlags) options() (diffusion.SampleOptions, error) {
	o := s.given
	o.Scheduler = schedulers[s.scheduler]
	switch {
	case o.Steps < 1:
		return o, &usageError{fmt.Errorf("--steps is %d; legal is 1 or more", o.Steps)}
	case !(o.GuidanceScale > 0):
		return o, &usageError{fmt.Errorf("--guidance is %g; legal is above 0", o.GuidanceScale)}
	case o.Scheduler == nil:
		return o, &usageError{fmt.Errorf("--scheduler is %q; legal are %s", s.scheduler, strings.Join(schedulerNames(), ", "))}
	}
	return o, nil
}
