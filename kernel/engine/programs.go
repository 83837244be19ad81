package engine

import (
	"container/list"
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// compiled is a program. The cache changes everything but what is set before ready is closed.
type compiled struct {
	hash  wire.Hash
	id    uint64
	bytes int64 // of its log
	refs  int   // of clients and executions
	place *list.Element

	ready       chan struct{} // closed when the rest is set
	err         error
	exec        compute.Executable
	inputNames  []string
	inputShapes []shapes.Shape
	outputs     []shapes.Shape
}

// programs holds compiled programs by hash. Those that nobody refers to stay until the logs of all together pass the
// limit; then the least recently used go. The length of the log stands for what a program takes on the device, which
// backends don't tell.
type programs struct {
	backend compute.Backend
	limit   int64

	mu               sync.Mutex
	byHash           map[wire.Hash]*compiled
	recent           *list.List // of *compiled, the most recently used first
	bytes            int64
	lastID           uint64
	compiles, reused int64
}

func newPrograms(backend compute.Backend, limit int64) *programs {
	return &programs{backend: backend, limit: limit, byHash: map[wire.Hash]*compiled{}, recent: list.New()}
}

// lookup finds a program and adds a reference to it. It waits for one that is being compiled.
func (p *programs) lookup(hash wire.Hash) (*compiled, bool) {
	p.mu.Lock()
	c, found := p.byHash[hash]
	if found {
		c.refs++
		p.reused++
		p.recent.MoveToFront(c.place)
	}
	p.mu.Unlock()
	if !found {
		return nil, false
	}
	<-c.ready
	if c.err != nil {
		return nil, false // whoever compiles it hears why
	}
	return c, true
}

// compile builds a program, unless another client is just doing so, and adds a reference to it.
func (p *programs) compile(hash wire.Hash, name string, log []byte) (*compiled, error) {
	p.mu.Lock()
	if c, found := p.byHash[hash]; found {
		c.refs++
		p.mu.Unlock()
		<-c.ready
		if c.err != nil {
			return nil, c.err // it is in the cache no more, and its references count for nothing
		}
		return c, nil
	}
	p.lastID++
	c := &compiled{hash: hash, id: p.lastID, bytes: int64(len(log)), refs: 1, ready: make(chan struct{})}
	p.byHash[hash] = c
	c.place = p.recent.PushFront(c)
	p.bytes += c.bytes
	p.compiles++
	p.mu.Unlock()

	c.err = c.build(p.backend, name, log)
	close(c.ready)
	if c.err != nil {
		p.mu.Lock()
		p.remove(c)
		p.mu.Unlock()
		return nil, c.err
	}
	p.trim()
	return c, nil
}

func (c *compiled) build(backend compute.Backend, name string, log []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("compiling %s: %v", name, p)
		}
	}()
	builder := backend.Builder(name)
	if err := program.Replay(builder, log); err != nil {
		return err
	}
	if c.exec, err = builder.Compile(); err != nil {
		return err
	}
	c.inputNames, c.inputShapes = c.exec.Inputs()
	c.outputs = c.exec.Outputs()
	return nil
}

// acquire adds a reference to a program that the caller knows to have one.
func (p *programs) acquire(c *compiled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.refs++
	p.recent.MoveToFront(c.place)
}

// release takes a reference back.
func (p *programs) release(c *compiled) {
	p.mu.Lock()
	c.refs--
	p.mu.Unlock()
	p.trim()
}

// trim drops programs that nobody refers to until the rest is within the limit.
func (p *programs) trim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := p.recent.Back(); e != nil && p.bytes > p.limit; {
		c := e.Value.(*compiled)
		e = e.Prev()
		if c.refs == 0 {
			p.remove(c)
			c.exec.Finalize()
		}
	}
}

// remove takes a program out of the cache; the caller holds the lock.
func (p *programs) remove(c *compiled) {
	delete(p.byHash, c.hash)
	p.recent.Remove(c.place)
	p.bytes -= c.bytes
}

func (c *compiled) message() wire.Program {
	return wire.Program{Found: true, ID: c.id, InputNames: c.inputNames, InputShapes: c.inputShapes, Outputs: c.outputs}
}
