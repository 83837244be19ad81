package train

import (
	"fmt"

	"otherwise/nn"
)

// epochOrder gives the pictures of a step: every picture comes once an epoch, in an order that seed and epoch decide.
type epochOrder struct {
	n, batch int
	seed     uint64
	name     string
	epoch    int
	order    []int
}

func newEpochOrder(n, batch int, seed uint64, name string) (*epochOrder, error) {
	if batch < 1 || n < batch {
		return nil, fmt.Errorf("training %s: %d pictures don't fill a batch of %d", name, n, batch)
	}
	return &epochOrder{n: n, batch: batch, seed: seed, name: name, epoch: -1}, nil
}

// at returns the indices of a step's batch. The last pictures of an epoch that don't fill a batch are left out.
func (e *epochOrder) at(step int) []int {
	perEpoch := e.n / e.batch
	epoch, k := step/perEpoch, step%perEpoch
	if epoch != e.epoch {
		e.order = nn.Stream(e.seed, fmt.Sprintf("%s/epoch/%d", e.name, epoch)).Perm(e.n)
		e.epoch = epoch
	}
	return e.order[k*e.batch : (k+1)*e.batch]
}
