package wire

import (
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// Protocol is the version of frames and messages. Peers of different versions don't talk.
const Protocol = 1

// Kinds of frames. Each request is answered by a frame of kind KindReply, with the reply named here, or KindError with an
// [Error]; KindFree alone isn't answered.
const (
	KindReply   Kind = iota + 1
	KindError        // Error
	KindHello        // Hello -> Welcome; must be the first
	KindInfer        // Infer -> Inferred
	KindLookup       // Lookup -> Program
	KindCompile      // Compile, blob: the program's log -> Program
	KindExecute      // Execute -> Executed
	KindPut          // Put, blob: the values -> Buffer
	KindGet          // Get -> nothing, blob: the values
	KindCopy         // Copy -> Buffer
	KindFree         // Free, without an answer
	KindKeep         // Keep -> nothing
	KindAttach       // Attach -> Attached
	KindDrop         // Drop -> Dropped
	KindStatus       // nothing -> Status
	KindRestart      // nothing -> nothing; the engine ends and its launcher starts a new one
)

// Error is what a request failed with.
type Error struct {
	Text           string
	NotImplemented bool // the engine's backend lacks the operation
}

// Hello opens a connection.
type Hello struct {
	Protocol  uint32
	Interface string // program.Interface of the client: both sides must know the same operations
	Session   string // empty for a new session, else that of the client's first connection
	Client    string // for Status: the cell or program
	PID       int
}

// Welcome describes the engine.
type Welcome struct {
	Session            string
	Engine             string // identity of this engine process: buffers and programs live as long as it
	Backend            string // name of the engine's backend
	Description        string
	DeviceDescriptions []string
	Operations         []compute.OpType
	DTypes             []dtypes.DType
	Functions          bool
	PreferConstants    bool // Capabilities.PreferConstantsForVariables
}

// Infer asks for the shapes that an operation gives: Log is a program whose last operation it is.
type Infer struct{ Log []byte }

// Inferred has, for each of the operation's results, the shape, or the shapes of a result that is a list.
type Inferred struct{ Results [][]shapes.Shape }

// Hash identifies a program: SHA-256 of its log.
type Hash [32]byte

// Lookup asks for a compiled program.
type Lookup struct{ Hash Hash }

// Compile asks to compile the program in the blob.
type Compile struct {
	Hash Hash
	Name string // for error messages
}

// Program answers Lookup and Compile. A client frees each Program that it got.
type Program struct {
	Found       bool
	ID          uint64
	InputNames  []string
	InputShapes []shapes.Shape
	Outputs     []shapes.Shape
}

// Execute runs a program.
type Execute struct {
	Program uint64
	Inputs  []uint64 // buffers
	Donate  []byte   // bit i: input i may be used up; empty: none
	Device  int
}

// Executed has the resulting buffers.
type Executed struct {
	Outputs []uint64
	Devices []int // of each output; nil when all are Execute's
}

// Put makes a buffer of the blob's values.
type Put struct {
	Device int
	Shape  shapes.Shape
}

// Buffer is one on the engine.
type Buffer struct {
	ID     uint64
	Shape  shapes.Shape
	Device int
}

// Get asks for a buffer's values.
type Get struct{ ID uint64 }

// Copy asks for a copy on another device.
type Copy struct {
	ID     uint64
	Device int
}

// Free gives buffers and programs back.
type Free struct{ IDs, Programs []uint64 }

// Keep keeps buffers under a name beyond the session, in place of what had the name.
type Keep struct {
	Name string
	Meta []byte // the client's own, given back by Attach
	IDs  []uint64
}

// Attach asks for what is kept under a name.
type Attach struct{ Name string }

// Attached has the session's own references to the buffers kept.
type Attached struct {
	Found   bool
	Meta    []byte
	Buffers []Buffer
}

// Drop forgets what is kept under a name; an empty name forgets everything.
type Drop struct{ Name string }

// Dropped says how many names were forgotten.
type Dropped struct{ Count int }

// Status describes what the engine holds.
type Status struct {
	PID            int
	Backend        string
	Uptime         time.Duration
	Kept           []KeptModel
	Sessions       []Session
	BufferBytes    int64 // of all buffers
	BufferLimit    int64
	Programs       int
	ProgramBytes   int64 // of the programs' logs
	ProgramLimit   int64
	Compiled       int64 // programs compiled since the start
	Reused         int64 // programs found compiled
	Executions     int64
	OrphansRunning int   // executions whose client is gone
	PeakMemory     int64 // of the engine's process
}

// KeptModel is what is kept under a name.
type KeptModel struct {
	Name    string
	Bytes   int64
	Buffers int
	Age     time.Duration // since it was kept
	Unused  time.Duration // since it was attached or kept
}

// Session is a connected client.
type Session struct {
	Client  string
	PID     int
	Bytes   int64 // of the buffers that it holds
	Buffers int
	Running int // executions
}
