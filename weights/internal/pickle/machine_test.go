package pickle

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otherwise/weights/internal/refuse"
)

// handler knows one call, which returns its arguments, and a text of every persistent id.
var handler = Handler{
	Call: func(callee Global, args Tuple) (any, error) {
		if callee.Name == "known" {
			return args, nil
		}
		return nil, refuse.Errorf(refuse.ErrForbidden, "called %s", callee)
	},
	Persistent: func(id any) (any, error) { return "id of a " + kind(id), nil },
}

func decode(pickle string) (any, error) {
	return Decode(NewReader(strings.NewReader(pickle), 0, int64(len(pickle))), handler)
}

// Pickles written by Python 3 and what they hold.
func TestValues(t *testing.T) {
	for _, test := range []struct {
		name, pickle string
		want         any
	}{
		{"None", "N.", nil},
		{"booleans", "\x80\x02\x88\x89\x86.", Tuple{true, false}},
		{"boolean in protocol 1", "I01\n.", true},
		{"integer in digits", "I-17\n.", int64(-17)},
		{"long in digits", "L1099511627776L\n.", int64(1 << 40)},
		{"huge long in digits", "L1208925819614629174706176L\n.", Integer("")},
		{"binary integers", "(J\xff\xff\xff\xffK\xffM\xff\xfft.", Tuple{int64(-1), int64(255), int64(65535)}},
		{"long", "\x80\x02\x8a\x02\x00\xff.", int64(-256)},
		{"long of no bytes", "\x80\x02\x8a\x00.", int64(0)},
		{"long of 8 bytes", "\x80\x02\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80.", int64(math.MinInt64)},
		{"long of 9 bytes", "\x80\x02\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", Integer("\x00\x00\x00\x00\x00\x00\x00\x00\x01")},
		{"long with a long length", "\x80\x02\x8b\x01\x00\x00\x00\x05.", int64(5)},
		{"float", "G?\xf8\x00\x00\x00\x00\x00\x00.", 1.5},
		{"text", "X\x05\x00\x00\x00caf\xc3\xa9.", "café"},
		{"text of Python 2", "U\x02hi.", "hi"},
		{"bytes", "\x80\x03C\x02\x00\x01.", []byte{0, 1}},
		{"frame", "\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00\x8c\x02hi\x94.", "hi"},
		{"list", "](K\x01K\x02eK\x03a.", &List{[]any{int64(1), int64(2), int64(3)}}},
		{"list above a mark", "(K\x01l.", &List{[]any{int64(1)}}},
		{"set", "\x80\x04\x8f(K\x07\x90.", &Set{[]any{int64(7)}}},
		{"frozen set", "\x80\x04(K\x07\x91.", &Set{[]any{int64(7)}}},
		{"memo", "]q\x00h\x00\x86.", nil}, // compared below
		{"name", "cos\nsystem\n.", Global{"os", "system"}},
		{"name on the stack", "\x80\x04\x8c\x02os\x8c\x06system\x93.", Global{"os", "system"}},
		{"persistent id", "K\x05Q.", "id of a int"},
		{"call", "cm\nknown\nK\x01\x85R.", Tuple{int64(1)}},
		{"instance", "(K\x01im\nknown\n.", Tuple{int64(1)}},
		{"object", "(cm\nknown\nK\x01o.", Tuple{int64(1)}},
		{"new object", "\x80\x02cm\nknown\n)\x81.", Tuple{}},
		{"new object with keywords", "\x80\x04cm\nknown\n)}\x92.", Tuple{}},
		{"pop and duplicate", "K\x01K\x020(K\x0512\x86.", Tuple{int64(1), int64(1)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := decode(test.pickle)
			if err != nil {
				t.Fatal(err)
			}
			if test.want != nil || test.name == "None" {
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	if got, err := decode("]q\x00h\x00\x86."); err != nil || got.(Tuple)[0] != got.(Tuple)[1] {
		t.Errorf("a value from the memo is another one: %v (%v)", got, err)
	}
}

func TestDict(t *testing.T) {
	got, err := decode("}(X\x01\x00\x00\x00aK\x01K\x02cos\nsystem\nuX\x01\x00\x00\x00bNs.")
	if err != nil {
		t.Fatal(err)
	}
	d := got.(*Dict)
	if diff := cmp.Diff([]any{"a", int64(2), "b"}, d.Keys); diff != "" {
		t.Error(diff)
	}
	if a, ok := d.Get("a"); !ok || a != int64(1) {
		t.Errorf("a is %v", a)
	}
	if b, ok := d.Get("b"); !ok || b != nil {
		t.Errorf("b is %v", b)
	}
	if _, ok := d.Get("c"); ok {
		t.Error("there is a c")
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, pickle string
		kind         error
		want         string
	}{
		{"empty", "", refuse.ErrTruncated, "stops at byte 0"},
		{"no end", "K\x01", refuse.ErrTruncated, "stops at byte 2"},
		{"text beyond the end", "X\xff\xff\xff\x7f", refuse.ErrTooLarge, ""},
		{"text just beyond the end", "X\x05\x00\x00\x00abcd", refuse.ErrTruncated, "5 bytes should follow, but the file ends after 4"},
		{"text of 2^63 bytes", "\x80\x04\x8d\x00\x00\x00\x00\x00\x00\x00\x80", refuse.ErrTooLarge, ""},
		{"bytes of 2^40", "\x80\x04\x8e\x00\x00\x00\x00\x00\x01\x00\x00", refuse.ErrTooLarge, ""},
		{"endless line", "c" + strings.Repeat("a", 5000), refuse.ErrTooLarge, "line"},
		{"no line", "cos\nsys", refuse.ErrTruncated, ""},
		{"two results", "NN.", refuse.ErrMalformed, "2 values and 0 marks"},
		{"no result", ".", refuse.ErrMalformed, "0 values"},
		{"open mark", "(N.", refuse.ErrMalformed, "1 marks"},
		{"pop of nothing", "0.", refuse.ErrMalformed, "takes 1 values, the stack has 0"},
		{"pop below a mark", "N(0.", refuse.ErrMalformed, "takes 1 values, the stack has 0"},
		{"no mark", "Nt.", refuse.ErrMalformed, "no mark"},
		{"append to nothing", "N(Ka.", refuse.ErrMalformed, ""},
		{"append to a dict", "}Na.", refuse.ErrMalformed, "appended to a dict"},
		{"item of a list", "]NNs.", refuse.ErrMalformed, "set in a list"},
		{"add to a list", "](N\x90.", refuse.ErrMalformed, "added to a list"},
		{"memo is empty", "h\x00.", refuse.ErrMalformed, "memo has no value 0"},
		{"key without a value", "}(Nu.", refuse.ErrMalformed, "without a value"},
		{"list as a key", "}]Ns.", refuse.ErrMalformed, "a dict has a list as a key"},
		{"key twice", "}(U\x01aNU\x01aNu.", refuse.ErrMalformed, `the key "a" twice`},
		{"number in letters", "Iten\n.", refuse.ErrMalformed, `"ten" is not an integer`},
		{"lone minus", "L-\n.", refuse.ErrMalformed, "is not an integer"},
		{"name of numbers", "\x80\x04K\x01K\x02\x93.", refuse.ErrMalformed, "a name is made of a int and a int"},
		{"unknown opcode", "\xff", refuse.ErrUnsupported, "opcode 0xff"},
		{"protocol 6", "\x80\x06N.", refuse.ErrUnsupported, "protocol is 6"},
		{"buffer outside of the file", "\x80\x05\x97.", refuse.ErrUnsupported, "opcode 0x97"},

		{"REDUCE", "cposix\nsystem\nU\x04true\x85R.", refuse.ErrForbidden, "called posix.system"},
		{"REDUCE of a name on the stack", "\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x01x\x85R.", refuse.ErrForbidden, "called builtins.eval"},
		{"INST", "(U\x04trueios\nsystem\n.", refuse.ErrForbidden, "called os.system"},
		{"OBJ", "(cos\nsystem\nU\x04trueo.", refuse.ErrForbidden, "called os.system"},
		{"NEWOBJ", "\x80\x02csubprocess\nPopen\nU\x04true\x85\x81.", refuse.ErrForbidden, "called subprocess.Popen"},
		{"NEWOBJ_EX", "\x80\x04csubprocess\nPopen\n)}\x92.", refuse.ErrForbidden, "called subprocess.Popen"},
		{"BUILD of a class", "cos\nsystem\n}b.", refuse.ErrForbidden, "state of a name os.system"},
		{"BUILD of a list", "]}b.", refuse.ErrForbidden, "state of a list"},
		{"call of a value", "]K\x01\x85R.", refuse.ErrForbidden, "a list is called"},
		{"extension", "\x80\x02\x82\x01.", refuse.ErrForbidden, "extension registry"},
		{"call without a tuple", "cm\nknown\nNR.", refuse.ErrMalformed, "with a None"},
		{"instance without a class", "(o.", refuse.ErrMalformed, "no class"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := decode(test.pickle)
			if !errors.Is(err, test.kind) || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Fatalf("error is %v, want %v with %q", err, test.kind, test.want)
			}
		})
	}
}

// Programs that are short and would build much.
func TestBombs(t *testing.T) {
	const mib = 1 << 20
	for _, test := range []struct {
		name   string
		pickle string
		kind   error // nil where the values stay small because they are shared
	}{
		{"nested tuples, each twice the one before", "K\x01" + strings.Repeat("2\x86", 10000) + ".", nil},
		{"lists in the memo", strings.Repeat("]\x940", 3*mib), refuse.ErrTooLarge},
		{"marks", strings.Repeat("(", 4*mib), refuse.ErrTooLarge},
		{"empty lists", strings.Repeat("]", 4*mib), refuse.ErrTooLarge},
		{"calls with a large argument", "(" + strings.Repeat("N", 100000) + "tq\x000cm\nknown\nq\x010" + strings.Repeat("h\x01h\x00R0", 100) + "N.", refuse.ErrTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := decode(test.pickle)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, test.kind) {
				t.Errorf("error is %v, want %v", err, test.kind)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 4*maxMemory {
				t.Errorf("took %d MiB", used/mib)
			}
		})
	}
}

// One reader reads the pickles that follow each other.
func TestSeveral(t *testing.T) {
	text := "xxK\x01.K\x02.yy"
	r := NewReader(strings.NewReader(text), 2, int64(len(text)))
	for want := int64(1); want <= 2; want++ {
		if got, err := Decode(r, handler); err != nil || got != want {
			t.Errorf("got %v (%v), want %d", got, err, want)
		}
	}
	if r.Offset() != int64(len(text)-2) {
		t.Errorf("stands at %d", r.Offset())
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"\x80\x02}q\x00(X\x01\x00\x00\x00aK\x01cm\nknown\n)R\x86u.", "\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00\x8c\x02hi\x94.",
		"](K\x01K\x02eK\x03a.", "\x80\x02\x8a\x02\x00\xffQ.", "(K\x01im\nknown\n.", "cos\nsystem\nU\x04true\x85R.", "K\x012\x862\x86.",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := decode(string(data))
		kinds := []error{refuse.ErrForbidden, refuse.ErrMalformed, refuse.ErrTooLarge, refuse.ErrTruncated, refuse.ErrUnsupported}
		for _, kind := range kinds {
			if errors.Is(err, kind) {
				return
			}
		}
		if err != nil {
			t.Fatalf("an error of no kind: %v", err)
		}
	})
}
