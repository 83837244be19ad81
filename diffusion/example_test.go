package diffusion_test

import (
	"context"
	"fmt"

	"otherwise/bundle"
	"otherwise/diffusion"
	"otherwise/kernel"
)

// How much of the signal Stable Diffusion's schedule leaves, and which timesteps 50 steps of it take.
func ExampleSchedule_DDIMSteps() {
	schedule := kernel.Must(diffusion.NewSchedule(diffusion.ScheduleConfig{
		BetaSchedule: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000}))
	steps := kernel.Must(schedule.DDIMSteps(50, 0))
	first, last := steps[len(steps)-1], steps[0] // they are listed ascending, and made the other way round
	fmt.Printf("from t = %d, where %.1f %% is signal, to t = %d\n", first.T, 100*first.Alpha, last.T)
	// Output: from t = 981, where 0.6 % is signal, to t = 1
}

// Two pictures drawn by the shipped model, a trouser and a bag.
func ExampleSampler_Sample() {
	models := kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion"))
	sampler := diffusion.NewSampler(models.Models.Backend, models.Models.Diffusion)
	pictures := kernel.Must(sampler.Sample(context.Background(), []int{1, 8},
		diffusion.SampleOptions{Height: 32, Width: 32, Steps: 20, Seed: 1}))
	fmt.Println(pictures.Shape().Dimensions)
	// Output: [2 32 32 1]
}
