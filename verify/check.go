package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// Check is one run of a part on one golden file: what testing.T is to a test. Its comparisons become cases.
type Check struct {
	Context context.Context
	Backend compute.Backend
	File    string // the golden file, relative to the folder

	folder   string
	wanted   *regexp.Regexp
	begin    func(run string)
	left     int // cases that were left out because they aren't wanted
	cases    []Case
	cleanups []func()
}

// Wanted reports whether a case of a file that holds many is to be checked, by the path of the file and the case's name.
func (c *Check) Wanted(name string) bool {
	if c.wanted == nil || c.wanted.MatchString(c.Stem()) || c.wanted.MatchString(c.Stem()+"/"+name) {
		return true
	}
	c.left++
	return false
}

// Begin tells who watches which case of a file that holds many comes next.
func (c *Check) Begin(name string) {
	if c.begin != nil {
		c.begin(c.Stem() + "/" + name)
	}
}

// Stem is the golden file's path without its extension.
func (c *Check) Stem() string { return stem(c.File) }

// Path is where a file of the folder lies.
func (c *Check) Path(file string) string { return filepath.Join(c.folder, filepath.FromSlash(file)) }

// Exists reports whether the folder has a file.
func (c *Check) Exists(file string) bool {
	_, err := os.Stat(c.Path(file))
	return err == nil
}

// Golden opens the golden file, until the check ends.
func (c *Check) Golden() *golden.File { return c.Open(c.File) }

// Open opens another file of tensors in the folder, until the check ends.
func (c *Check) Open(file string) *golden.File { return golden.Open(c, c.Path(file)) }

// JSON decodes a file of the folder.
func (c *Check) JSON(file string, into any) { golden.JSON(c, c.Path(file), into) }

// About decodes the description beside the golden file: that of the same name with the extension .json.
func (c *Check) About(into any) { c.JSON(c.Stem()+".json", into) }

// Call runs a program and ends the check where it fails.
func (c *Check) Call(p *nn.Program, nets []*nn.Params, args ...any) []*tensors.Tensor {
	if err := c.Context.Err(); err != nil {
		c.Fatal(err)
	}
	out, err := p.Call(nets, args...)
	if err != nil {
		c.Fatal(err)
	}
	return out
}

// Program names a graph function, as [nn.NewProgram] does.
func (c *Check) Program(build nn.GraphFunc) *nn.Program {
	return nn.NewProgram(c.Backend, c.Stem(), build)
}

// Tensor compares a result with a golden tensor of the given name, which is turned from NCHW to NHWC where it has four axes.
func (c *Check) Tensor(got *tensors.Tensor, want *golden.File, name string, tolerance golden.Tolerance) {
	c.Near(name, Values(c, got), Values(c, want.Tensor(name)), tolerance)
}

// Near compares values.
func (c *Check) Near(name string, got, want []float32, tolerance golden.Tolerance) {
	c.Add(name, golden.Compare(got, want, tolerance))
}

// Numbers compares float64 values.
func (c *Check) Numbers(name string, got, want []float64, tolerance golden.Tolerance) {
	c.Add(name, golden.Compare(got, want, tolerance))
}

// Number compares one number.
func (c *Check) Number(name string, got, want float64, tolerance golden.Tolerance) {
	c.Numbers(name, []float64{got}, []float64{want}, tolerance)
}

// Integers compares whole numbers, which must be equal.
func (c *Check) Integers(name string, got, want []int32) {
	c.Add(name, golden.Compare(got, want, golden.Exact()))
}

// True makes a case of a property that must hold.
func (c *Check) True(name string, holds bool) {
	c.Integers(name, []int32{truth(holds)}, []int32{1})
}

func truth(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// Add makes a case of a comparison.
func (c *Check) Add(name string, d golden.Difference) {
	c.cases = append(c.cases, Case{Run: c.Stem(), Name: name, Difference: d})
}

// Values reads a float32 tensor from the device.
func Values(t golden.TB, x *tensors.Tensor) []float32 {
	values, err := tensors.CopyFlatData[float32](x)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// Integers reads an int32 tensor from the device.
func Integers(t golden.TB, x *tensors.Tensor) []int32 {
	values, err := tensors.CopyFlatData[int32](x)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// Helper is there for [golden.TB].
func (c *Check) Helper() {}

// Cleanup calls f when the check has ended.
func (c *Check) Cleanup(f func()) { c.cleanups = append(c.cleanups, f) }

// Errorf makes a failed case of what it says.
func (c *Check) Errorf(format string, args ...any) {
	c.cases = append(c.cases, Case{Run: c.Stem(), Err: fmt.Errorf(format, args...)})
}

// Fatal ends the check, with a failed case of what it says.
func (c *Check) Fatal(args ...any) {
	for _, a := range args {
		if err, ok := a.(error); ok {
			panic(ended{err})
		}
	}
	panic(ended{errors.New(fmt.Sprint(args...))})
}

// Fatalf ends the check, with a failed case of what it says.
func (c *Check) Fatalf(format string, args ...any) { panic(ended{fmt.Errorf(format, args...)}) }

// ended is the panic that Fatal ends a check by.
type ended struct{ err error }

// run runs the part. Whatever ends it early becomes a failed case.
func (c *Check) run(p Part) {
	defer func() {
		for _, f := range slices.Backward(c.cleanups) {
			f()
		}
	}()
	var fatal error
	err := exceptions.TryCatch[error](func() {
		defer func() {
			switch e := recover().(type) {
			case nil:
			case ended:
				fatal = e.err
			default:
				panic(e)
			}
		}()
		p.Run(c)
	})
	if err = errors.Join(fatal, err); err != nil {
		var missing *fs.PathError
		if errors.As(err, &missing) && errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s belongs to these golden values and is missing", missing.Path)
		}
		c.cases = append(c.cases, Case{Run: c.Stem(), Err: err})
	} else if len(c.cases) == 0 && c.left == 0 {
		c.cases = append(c.cases, Case{Run: c.Stem(), Err: errors.New("nothing in it could be compared")})
	}
}
