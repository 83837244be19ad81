package kernel

import (
	"errors"
	"slices"
	"testing"

	"github.com/gomlx/compute/gobackend"
)

func TestKeep(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		if err := Keep("weights", Tensors{"a": tensor(1, 2), "b": tensor(3)}); err != nil {
			t.Fatal(err)
		}
		got, err := Kept("weights")
		if err != nil || len(got) != 2 || !slices.Equal(values(t, got["a"]), []float32{1, 2}) || !slices.Equal(values(t, got["b"]), []float32{3}) {
			t.Fatalf("kept %v, %v", got, err)
		}
		if err := Keep("weights", Tensors{"c": tensor(4)}); err != nil {
			t.Fatal(err)
		}
		if got, err = Kept("weights"); err != nil || len(got) != 1 || !slices.Equal(values(t, got["c"]), []float32{4}) {
			t.Errorf("replaced by %v, %v", got, err)
		}
		if _, err := Kept("others"); !errors.Is(err, ErrNotKept) {
			t.Errorf("a name that nobody gave: %v", err)
		}
	})
}

func TestModelsAndDrop(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		for _, name := range []string{"one", "two"} {
			if err := Keep(name, Tensors{"a": tensor(1, 2), "b": tensor(3)}); err != nil {
				t.Fatal(err)
			}
		}
		list, err := Models()
		if err != nil || len(list) != 2 || list[0].Bytes != 12 || list[0].Buffers != 2 {
			t.Errorf("models: %+v, %v", list, err)
		}
		if err := Drop("one"); err != nil {
			t.Error(err)
		}
		if list, err = Models(); err != nil || len(list) != 1 || list[0].Name != "two" {
			t.Errorf("models after dropping one: %+v, %v", list, err)
		}
		if err := Drop("one"); !errors.Is(err, ErrNotKept) {
			t.Errorf("dropping it again: %v", err)
		}
		if err := Drop(""); err == nil {
			t.Error("dropping nothing: no error")
		}
	})
}

func TestOnce(t *testing.T) {
	loads := 0
	load := func() (Tensors, error) {
		loads++
		return Tensors{"a": tensor(5)}, nil
	}
	check := func(want int) {
		t.Helper()
		b, err := Backend()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Once(b, "model 1234", load)
		if err != nil || !slices.Equal(values(t, got["a"]), []float32{5}) {
			t.Fatalf("got %v, %v", got, err)
		}
		if loads != want {
			t.Errorf("loaded %d times, want %d", loads, want)
		}
	}
	t.Run("in process", func(t *testing.T) {
		use(t, gobackend.GetBackend())
		check(1)
		check(2)
	})
	loads = 0
	t.Run("engine", func(t *testing.T) {
		inCell(t)
		check(1)
		check(1)
		failure := errors.New("no file")
		b, err := Backend()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Once(b, "another", func() (Tensors, error) { return nil, failure }); !errors.Is(err, failure) {
			t.Errorf("a load that fails: %v", err)
		}
	})
}

func TestForeignNames(t *testing.T) {
	inCell(t)
	b, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	if err := engine(b).Keep("foreign", []byte("{}"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Kept("foreign"); err == nil || errors.Is(err, ErrNotKept) {
		t.Errorf("what another program kept: %v", err)
	}
}
