package cam

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// largestBatch is how many inputs are classified at once at most: more make nothing faster.
const largestBatch = 64

// Batch is how many inputs a mapper classifies at once, and why.
type Batch struct {
	Size          int
	BytesPerInput int64 // of activations, estimated; 0 where the size was asked for
	Budget        int64
}

func (b Batch) String() string {
	if b.BytesPerInput == 0 {
		return fmt.Sprintf("batches of %d", b.Size)
	}
	return fmt.Sprintf("batches of %d: an input takes about %.1f MB of a budget of %.0f MB", b.Size, float64(b.BytesPerInput)/1e6, float64(b.Budget)/1e6)
}

// Batch says how many inputs are classified at once for pictures of the given one's size.
func (m *Mapper) Batch(p counterfactual.Picture) (Batch, error) {
	if m.options.BatchSize > 0 {
		return Batch{Size: m.options.BatchSize}, nil
	}
	size := [3]int{p.Height, p.Width, p.Channels}
	if known, found := m.batches.Load(size); found {
		return known.(Batch), nil
	}
	bytes, err := m.bytesPerInput(size)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{Size: int(min(largestBatch, max(1, m.options.MemoryBudget/max(1, bytes)))), BytesPerInput: bytes, Budget: m.options.MemoryBudget}
	m.batches.Store(size, b)
	return b, nil
}

// bytesPerInput estimates the activations that one input more keeps at once: the most that is alive at any place of the graph, in
// the order in which it is built. A compiler that fuses operations needs less.
func (m *Mapper) bytesPerInput(size [3]int) (int64, error) {
	g := grapher{classifier: m.classifier, options: m.options}
	var bytes int64
	_, err := nn.Shapes(m.backend, func(s nn.Scope, args []*Node) {
		network := m.classifier.Network
		var out *Node
		if m.options.Method.Layered() {
			out = network.Forward(s, network.Preprocess(args[0]), nil)
		} else {
			out = g.attribute([]nn.Scope{s}, []*Node{args[0], ScalarZero(args[0].Graph(), dtypes.Int32), OnesLike(Reshape(ReduceAllSum(args[0]), 1))})[0]
		}
		bytes = alive(args[0].Graph().Nodes(), out)
	}, shapes.Make(dtypes.Float32, 1, size[0], size[1], size[2]))
	return bytes, err
}

// alive is the largest sum of the sizes of values that are still needed, over the nodes of a graph in their order. Parameters,
// which are there once for all inputs, don't count.
func alive(nodes []*Node, out *Node) int64 {
	lastUse := map[*Node]int{out: len(nodes)}
	for i, n := range nodes {
		for _, input := range n.Inputs() {
			lastUse[input] = max(lastUse[input], i)
		}
	}
	ends := map[int][]*Node{}
	for n, i := range lastUse {
		ends[i] = append(ends[i], n)
	}
	counts := func(n *Node) bool {
		return n.Type() != NodeTypeParameter && n.Type() != NodeTypeConstant && n.NumOutputs() == 1
	}
	var now, most int64
	for i, n := range nodes {
		if _, used := lastUse[n]; used && counts(n) {
			now += n.Shape().ByteSize()
			most = max(most, now)
		}
		for _, end := range ends[i] {
			if counts(end) {
				now -= end.Shape().ByteSize()
			}
		}
	}
	return most
}
