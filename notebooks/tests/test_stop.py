"""The stop button: what it ends, and what it leaves as it was. Run as test_life.py is, with a backend that has loops, such as XLA."""

import re
import time
import unittest

from test_life import LIMIT, Notebook, wait_until

MODELS = """import (
	"context"
	"errors"
	"time"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/kernel"
)

var models = kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion"))

// explain takes hundreds of steps; it prints each, and how it ended.
func explain(observe counterfactual.Observer) {
	black := counterfactual.Picture{Height: 32, Width: 32, Channels: 1, Values: make([]float32, 32*32)}
	probabilities := kernel.Must(counterfactual.NewPredictor(models.Models).Probabilities(black))[0]
	method := kernel.Must(models.Method("ldce", []byte(`{"ddim_steps": 500}`)))
	problem := counterfactual.Problem{Picture: black, Target: counterfactual.RunnerUp(probabilities)}
	_, err := method.Explain(kernel.Context(), problem, observe)
	fmt.Println("ended:", errors.Is(err, context.Canceled), err)
}

%%
fmt.Println(models.Name)"""
EXPLAIN = """%%
explain(func(s counterfactual.Step) error {
	fmt.Println("step", s.Index)
	return nil
})"""
EXPLAIN_ONE_STEP = '%%\nexplain(func(counterfactual.Step) error { return errors.New("enough") })'
STATE = """%%
s := kernel.Must(kernel.Inspect())
fmt.Println(s.BufferBytes, len(s.Kept), s.Compiled, s.OrphansRunning)"""
RUNAWAY = """import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

%%
forever := kernel.Must(graph.NewExec(kernel.Must(kernel.Backend()), func(x *graph.Node) *graph.Node {
	always := graph.NewClosure(x.Graph(), func(g *graph.Graph) []*graph.Node {
		x := graph.Parameter(g, "x", x.Shape())
		return []*graph.Node{graph.GreaterOrEqual(x, graph.ScalarZero(g, dtypes.Float32))}
	})
	more := graph.NewClosure(x.Graph(), func(g *graph.Graph) []*graph.Node {
		return []*graph.Node{graph.OnePlus(graph.Parameter(g, "x", x.Shape()))}
	})
	return graph.While(always, more, x)[0]
}))
go func() {
	for running := 0; running == 0; {
		for _, session := range kernel.Must(kernel.Inspect()).Sessions {
			running += session.Running
		}
	}
	fmt.Println("running away")
}()
kernel.Must(forever.Exec(float32(1)))"""
WAIT = '%%\nfmt.Println("waiting")\ntime.Sleep(time.Hour)'


class Stop(unittest.TestCase):
    def setUp(self):
        self.notebook = Notebook()
        self.addCleanup(self.notebook.close)

    def start(self, code, until):
        """Starts a cell and waits until it has printed something; returns its request."""
        request = self.notebook.client.execute(code)
        self.read(request, until)
        return request

    def read(self, request, until=None):
        """What a cell prints from now on, until a text or its end."""
        printed = ""
        while True:
            message = self.notebook.client.get_iopub_msg(timeout=LIMIT)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                printed += content["text"]
                if until and until in printed:
                    return printed
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                if until:
                    self.fail(f"the cell ended without {until!r}: {printed}")
                return printed

    def stop(self, request):
        self.notebook.manager.interrupt_kernel()
        return self.read(request)

    def state(self):
        """Bytes on the device, models kept, programs compiled, executions of clients that are gone."""
        status, printed = self.notebook.run(STATE)
        self.assertEqual(status, "ok", printed)
        return [int(word) for word in printed.split()]

    def test_explanation(self):
        self.assertEqual(self.notebook.run(MODELS), ("ok", "fashion\n"))
        loaded = self.state()
        printed = self.stop(self.start(EXPLAIN, until="step 2\n"))
        self.assertRegex(printed, r"ended: true ldce stopped after \d+ of 300 steps")
        made = int(re.search(r"after (\d+) of", printed)[1])
        self.assertLess(made, 300)
        bytes, kept, compiled, orphans = self.state()
        self.assertEqual((bytes, kept, orphans), (loaded[0], loaded[1], 0))
        self.assertEqual(self.notebook.run(EXPLAIN_ONE_STEP)[0], "ok")
        self.assertEqual(self.state()[2], compiled, "the programs were compiled again")

    def test_runaway(self):
        """A program that never ends: the second stop, in the same cell, restarts the engine."""
        engine = self.notebook.only("engine")
        self.assertEqual(self.notebook.run(MODELS)[0], "ok")
        for context in "", "kernel.Context()\n":
            with self.subTest(context):
                request = self.start(RUNAWAY.replace("%%\n", "%%\n" + context), until="running away")
                self.notebook.manager.interrupt_kernel()
                self.read(request, until="press stop again")
                self.assertEqual(self.notebook.only("engine"), engine)
                self.assertIn("the engine is restarted", self.stop(request))
                engine = self.new_engine(engine)

    def test_orphan(self):
        """A program that outlives its cell: a stop in the next cell restarts the engine."""
        engine = self.notebook.only("engine")
        self.assertEqual(self.notebook.run(MODELS)[0], "ok")
        request = self.start(RUNAWAY, until="running away")
        self.notebook.only("cell").kill()
        self.read(request)
        wait_until(lambda: self.state()[3] == 1, "the engine to see that the cell is gone")
        self.assertEqual(self.notebook.only("engine"), engine)
        self.assertIn("the engine is restarted", self.stop(self.start(WAIT, until="waiting")))
        self.new_engine(engine)

    def test_stop_while_compiling(self):
        """The go command doesn't hear the first stop, only the second."""
        request = self.notebook.client.execute("%%\nfmt.Println(" + "+".join(f"len([]int{{{i}}})" for i in range(40_000)) + ")")
        wait_until(lambda: "compile" in self.notebook.processes(), "the compiler to run")
        self.notebook.manager.interrupt_kernel()
        time.sleep(0.2)
        self.stop(request)
        self.assertEqual(self.notebook.status_of(request), "error")
        self.assertEqual(self.notebook.run('%%\nfmt.Println("hello")'), ("ok", "hello\n"))

    def new_engine(self, old):
        """Waits until another engine than the old one has the models, and returns it."""
        wait_until(lambda: self.notebook.processes().get("engine", [old])[0] != old, "a new engine")
        wait_until(lambda: self.notebook.run(MODELS) == ("ok", "fashion\n"), "the models to be loaded again")
        return self.notebook.only("engine")


if __name__ == "__main__":
    unittest.main(verbosity=2)
