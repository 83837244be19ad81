"""Times cells in a warm kernel: python notebooks/measure_cells.py, with a Python that has jupyter_client and the kernel.

Prints, for each kind of cell, the time from its request to its end (for the explanation: to its first step), the median of five.
docs/kernel.md has the figures.
"""

import statistics
import sys
import time

from jupyter_client.manager import start_new_kernel

DECLARE = """import (
	"errors"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/kernel"
)

func models() *bundle.Bundle { return kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion")) }

var errEnough = errors.New("enough")

func firstStep() {
	b := models()
	black := counterfactual.Picture{Height: 32, Width: 32, Channels: 1, Values: make([]float32, 32*32)}
	probabilities := kernel.Must(counterfactual.NewPredictor(b.Models).Probabilities(black))[0]
	problem := counterfactual.Problem{Picture: black, Target: counterfactual.RunnerUp(probabilities)}
	_, err := kernel.Must(b.Method("ldce", nil)).Explain(kernel.Context(), problem, func(counterfactual.Step) error { return errEnough })
	fmt.Println(errors.Is(err, errEnough))
}
"""
CELLS = {
    "hello cell": '%%%%\nfmt.Println("hello", %d)',
    "declarations": DECLARE + "// %d",
    "cell that uses a kept model": "%%%%\nfmt.Println(len(models().Classes), %d)",
    "first step of an explanation": "%%%%\nfmt.Println(%d)\nfirstStep()",
}


def run(client, code):
    begun = time.monotonic()
    reply = client.execute_interactive(code, output_hook=lambda message: None, timeout=300)
    if reply["content"]["status"] != "ok":
        sys.exit("a cell failed:\n" + code)
    return time.monotonic() - begun


def main():
    manager, client = start_new_kernel(kernel_name=sys.argv[1] if len(sys.argv) > 1 else "otherwise")
    try:
        for name, code in CELLS.items():
            times = [run(client, code % n) for n in range(6)]
            print(f"{name}: {statistics.median(times[1:]):.2f} s (the first {times[0]:.2f} s)")
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


main()
