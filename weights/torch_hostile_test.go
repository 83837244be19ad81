package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// text spells a string in a pickle.
func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// number spells an integer in a pickle.
func number(n int64) string {
	return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func numbers(values ...int64) string {
	out := "("
	for _, n := range values {
		out += number(n)
	}
	return out + "t"
}

// storageID spells a reference to a storage of floats.
func storageID(key string, count int64) string {
	return "(" + text("storage") + "ctorch\nFloatStorage\n" + text(key) + text("cpu") + number(count) + "tQ"
}

// tensor spells a call that makes a tensor.
func tensor(storage string, offset int64, sizes, strides string) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + sizes + strides + "\x89ccollections\nOrderedDict\n)RtR"
}

// plain is a tensor of four numbers.
var plain = tensor(storageID("0", 4), 0, numbers(2, 2), numbers(2, 1))

// dict spells a dict of names and values in turns.
func dict(items ...string) string {
	out := "}("
	for i := 0; i < len(items); i += 2 {
		out += text(items[i]) + items[i+1]
	}
	return out + "u"
}

func pickled(value string) string { return "\x80\x02" + value + "." }

type zipEntry struct {
	name   string
	data   string
	method uint16
}

func zipOf(t testing.TB, entries ...zipEntry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: e.method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(e.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var floats = string([]byte{0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64}) // 1 2 3 4

// torchZipOf is a zip checkpoint of one pickled value and the storage 0.
func torchZipOf(t testing.TB, value string) []byte {
	return zipOf(t, zipEntry{"m/data.pkl", pickled(value), zip.Store}, zipEntry{"m/data/0", floats, zip.Store})
}

// legacyOf is a checkpoint from before torch 1.6 of one pickled value and the storage 0.
func legacyOf(value string) []byte {
	return []byte(pickled("\x8a\x0a"+string(legacyMagic)) + pickled(number(legacyProtocol)) + pickled(dict("little_endian", "\x88")) +
		pickled(value) + pickled("]"+text("0")+"a") + "\x04\x00\x00\x00\x00\x00\x00\x00" + floats)
}

func openBytes(t *testing.T, data []byte) (Source, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := OpenCheckpoint(path)
	if err == nil {
		t.Cleanup(func() { src.Close() })
	}
	return src, err
}

// What the hostile files below are made of is right where nothing is wrong with it.
func TestTorchFilesOfParts(t *testing.T) {
	parameter := "ctorch._utils\n_rebuild_parameter\n(" + tensor(storageID("0", 4), 2, numbers(1), numbers(1)) + "\x88ccollections\nOrderedDict\n)RtR"
	value := dict(
		"state_dict", dict("a", plain, "b", tensor(storageID("0", 4), 1, numbers(2, 2), numbers(1, 2)), "p", parameter)+dict("_metadata", "}")+"b",
		"ema", dict("deep", dict("c", tensor(storageID("0", 4), 3, numbers(), numbers()))),
		"optimizer", "]"+dict("momentum", plain)+"a",
		"args", "cargparse\nNamespace\n)\x81"+dict("lr", "N")+"b",
		"callback", "cpytorch_lightning.callbacks\nModelCheckpoint\n",
	)
	// b's last element is 4: offset 1, then strides 1 and 2.
	want := map[string][]float32{"a": {1, 2, 3, 4}, "p": {3}, "ema.deep.c": {4}}
	value = strings.Replace(value, numbers(1, 2), numbers(1, 1), 1) // 2 3 3 4
	want["b"] = []float32{2, 3, 3, 4}
	for name, file := range map[string][]byte{"zip": torchZipOf(t, value), "legacy": legacyOf(value)} {
		t.Run(name, func(t *testing.T) {
			src, err := openBytes(t, file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"a", "b", "ema.deep.c", "p"}, src.Names()); diff != "" {
				t.Error(diff)
			}
			for name, want := range want {
				if got, err := src.Float32(name); err != nil || !cmp.Equal(got, want) {
					t.Errorf("%s is %v (%v), want %v", name, got, err, want)
				}
			}
		})
	}
}

func TestHostilePickles(t *testing.T) {
	deep := dict("a", plain)
	for range maxDepth + 1 {
		deep = dict("d", deep)
	}
	laughs := dict("a", plain) + "q\x00"
	for range 30 {
		laughs += "0}(" + text("l") + "h\x00" + text("r") + "h\x00uq\x00"
	}
	for _, test := range []struct {
		name, value string
		kind        error
		want        string
	}{
		{"os.system", dict("a", plain, "b", "cos\nsystem\n"+text("true")+"\x85R"), ErrForbidden, `the file asks to call "os.system", which was not done`},
		{"eval in a state", dict("a", plain) + "cbuiltins\neval\n" + text("1") + "\x85Rb", ErrForbidden, "builtins.eval"},
		{"whole model", "ctorchvision.models.resnet\nResNet\n)\x81}b", ErrForbidden, "save model.state_dict() from Python"},
		{"system as a rebuilder", "ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\nN(" + text("true") + "tNtR", ErrForbidden, "os.system"},
		{"getattr", dict("a", "c__builtin__\ngetattr\n("+plain+text("x")+"tR"), ErrForbidden, "__builtin__.getattr"},
		{"attribute path", "\x8c\x02os\x8c\x06system\x93)R", ErrForbidden, "os.system"},
		{"list of tensors", "]" + plain + "a", ErrUnsupported, "something else than a dict"},
		{"sparse tensor", dict("a", "ctorch._utils\n_rebuild_sparse_tensor\n)R"), ErrForbidden, "_rebuild_sparse_tensor"},
		{"complex storage", dict("a", "("+text("storage")+"ctorch\nComplexFloatStorage\n"+text("0")+text("cpu")+number(1)+"tQ"), ErrUnsupported, "torch.ComplexFloatStorage are not read"},
		{"id is no tuple", text("0") + "Q", ErrMalformed, "persistent id"},
		{"id of a module", "(" + text("module") + "NNNNtQ", ErrMalformed, "persistent id"},
		{"negative count", dict("a", storageID("0", -1)), ErrMalformed, "count of 0 or more"},
		{"count overflows", dict("a", storageID("0", 1<<62)), ErrTooLarge, "elements"},
		{"two sizes of one storage", dict("a", plain, "b", storageID("0", 3)), ErrMalformed, "16 bytes of F32 and 12 bytes"},
		{"view beyond the storage", dict("a", tensor(storageID("0", 4), 1, numbers(2, 2), numbers(2, 1))), ErrMalformed, "take 5 elements, the storage has 4"},
		{"offset beyond the storage", dict("a", tensor(storageID("0", 4), 4, numbers(1), numbers(1))), ErrMalformed, "take 5 elements"},
		{"negative offset", dict("a", tensor(storageID("0", 4), -1, numbers(1), numbers(1))), ErrMalformed, "needs an offset"},
		{"negative stride", dict("a", tensor(storageID("0", 4), 3, numbers(4), numbers(-1))), ErrMalformed, "all of them 0 or more"},
		{"negative size", dict("a", tensor(storageID("0", 4), 0, numbers(-4), numbers(1))), ErrMalformed, "all of them 0 or more"},
		{"more sizes than strides", dict("a", tensor(storageID("0", 4), 0, numbers(2, 2), numbers(1))), ErrMalformed, "as many sizes as strides"},
		{"stride overflows", dict("a", tensor(storageID("0", 4), 0, numbers(3, 2), numbers(1<<62, 1<<62))), ErrMalformed, "outside of any storage"},
		{"size overflows", dict("a", tensor(storageID("0", 4), 0, numbers(1<<40, 1<<40), numbers(0, 0))), ErrTooLarge, "overflows"},
		{"a number repeated", dict("a", tensor(storageID("0", 4), 0, numbers(1<<30), numbers(0))), ErrTooLarge, "four times the file"},
		{"65 dimensions", dict("a", tensor(storageID("0", 4), 0, "("+strings.Repeat("K\x01", 65)+"t", "("+strings.Repeat("K\x01", 65)+"t")), ErrMalformed, "needs an offset"},
		{"storage is a number", dict("a", tensor("K\x01", 0, numbers(1), numbers(1))), ErrMalformed, "typed storage"},
		{"sizes are text", dict("a", tensor(storageID("0", 4), 0, text("1"), numbers(1))), ErrMalformed, "as many sizes"},
		{"two tensors of one name", dict("state_dict", dict("x.a", plain), "x", dict("a", plain)), ErrMalformed, `two tensors are named "x.a"`},
		{"key twice", dict("a", plain, "a", plain), ErrMalformed, `the key "a" twice`},
		{"deep", deep, ErrTooLarge, "nested more than 32 deep"},
		{"dict in itself", "}q\x00(" + text("a") + "h\x00" + text("b") + plain + "u", ErrTooLarge, "contain themselves"},
		{"billion laughs", laughs, ErrTooLarge, "more than 131072 tensors and dicts"},
		{"long name", dict(strings.Repeat("n", maxNameLen+1), plain), ErrTooLarge, "has 1025 bytes"},
		{"text that isn't there", "X\xff\xff\xff\x0f", ErrTruncated, "should follow"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for kind, file := range map[string][]byte{"zip": torchZipOf(t, test.value), "legacy": legacyOf(test.value)} {
				_, err := openBytes(t, file)
				if !errors.Is(err, test.kind) || !strings.Contains(fmt.Sprint(err), test.want) {
					t.Errorf("%s: error is %v, want %v with %q", kind, err, test.kind, test.want)
				}
			}
		})
	}
}

func TestHostileZips(t *testing.T) {
	good := pickled(dict("a", plain))
	storage := zipEntry{"m/data/0", floats, zip.Store}
	for _, test := range []struct {
		name string
		file []byte
		kind error
		want string
	}{
		{"no pickle", zipOf(t, storage), ErrUnsupported, "no FOLDER/data.pkl"},
		{"pickle without a folder", zipOf(t, zipEntry{"data.pkl", good, zip.Store}, storage), ErrUnsupported, "no FOLDER/data.pkl"},
		{"two pickles", zipOf(t, zipEntry{"m/data.pkl", good, zip.Store}, zipEntry{"n/data.pkl", good, zip.Store}), ErrMalformed, "data.pkl twice"},
		{"entry twice", zipOf(t, zipEntry{"m/data.pkl", good, zip.Store}, storage, storage), ErrMalformed, `two entries "m/data/0"`},
		{"no storage", zipOf(t, zipEntry{"m/data.pkl", good, zip.Store}), ErrMalformed, `no entry "m/data/0"`},
		{"short storage", zipOf(t, zipEntry{"m/data.pkl", good, zip.Store}, zipEntry{"m/data/0", floats[:15], zip.Store}), ErrMalformed, "has 15 bytes, the pickle says 16"},
		{"bomb as a storage", zipOf(t, zipEntry{"m/data.pkl", good, zip.Store}, zipEntry{"m/data/0", strings.Repeat("0", 10<<20), zip.Deflate}), ErrUnsupported, "is compressed from 10485760 to "},
		{"bomb as the pickle", zipOf(t, zipEntry{"m/data.pkl", strings.Repeat("]", 10<<20), zip.Deflate}, storage), ErrUnsupported, "is compressed from 10485760 to "},
		{"big-endian", zipOf(t, zipEntry{"m/data.pkl", good, zip.Store}, storage, zipEntry{"m/byteorder", "big", zip.Store}), ErrUnsupported, `the byte order is "big"`},
		{"TorchScript", zipOf(t, zipEntry{"m/data.pkl", good, zip.Store}, storage, zipEntry{"m/constants.pkl", good, zip.Store}), ErrUnsupported, "TorchScript"},
		{"empty pickle", zipOf(t, zipEntry{"m/data.pkl", "", zip.Store}), ErrTruncated, "has no end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := openBytes(t, test.file)
			if !errors.Is(err, test.kind) || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Errorf("error is %v, want %v with %q", err, test.kind, test.want)
			}
		})
	}
}

func TestHostileLegacyFiles(t *testing.T) {
	good := string(legacyOf(dict("a", plain)))
	replace := func(old, new string) []byte {
		t.Helper()
		if strings.Count(good, old) != 1 {
			t.Fatalf("%q comes %d times", old, strings.Count(good, old))
		}
		return []byte(strings.Replace(good, old, new, 1))
	}
	list := "]" + text("0") + "a."
	for _, test := range []struct {
		name string
		file []byte
		kind error
		want string
	}{
		{"another pickle", []byte(pickled(dict("a", "N", "bbbb", "N"))), ErrUnsupported, "not one of torch.save"},
		{"calls at once", []byte(pickled("cos\nsystem\n" + text("true") + "\x85R")), ErrForbidden, "os.system"},
		{"another version", replace(number(legacyProtocol), number(1002)), ErrUnsupported, "version is not 1001"},
		{"big-endian", replace("\x88", "\x89"), ErrUnsupported, "little-endian"},
		{"storage not listed", replace(list, "]."), ErrMalformed, "tensors use 1 storages, the file has 0"},
		{"storage listed twice", replace(list, "]"+text("0")+"a"+text("0")+"a."), ErrMalformed, "listed twice"},
		{"unknown storage", replace(list, "]"+text("1")+"a."), ErrMalformed, "no tensor uses it"},
		{"no list", replace(list, "}."), ErrMalformed, "no list of storages"},
		{"another count", replace("\x04\x00\x00\x00\x00\x00\x00\x00"+floats, "\x05\x00\x00\x00\x00\x00\x00\x00"+floats), ErrMalformed, "has 5 elements, the pickle says 4"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := openBytes(t, test.file)
			if !errors.Is(err, test.kind) || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Errorf("error is %v, want %v with %q", err, test.kind, test.want)
			}
		})
	}
}

func TestTarFilesAreNotRead(t *testing.T) {
	file := make([]byte, 1024)
	copy(file, "storages")
	copy(file[257:], "ustar\x0000")
	if _, err := openBytes(t, file); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "a tar file") {
		t.Errorf("error is %v", err)
	}
}

// Every proper beginning of a good file must be refused when it is opened.
func TestTruncatedTorchFiles(t *testing.T) {
	for kind, data := range map[string][]byte{"zip": torchZipOf(t, dict("a", plain)), "legacy": legacyOf(dict("a", plain))} {
		for n := range data {
			if _, err := readAny(newMemory(data[:n:n]), int64(n)); err == nil {
				t.Fatalf("%s: the first %d of %d bytes were accepted", kind, n, len(data))
			}
		}
	}
}

// Parts of storages are from before torch 0.2.
func TestPartsOfStorages(t *testing.T) {
	part := func(offset, count int64) string {
		return "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + number(4) + "(" + text("1") + number(offset) + number(count) + "ttQ"
	}
	src, err := openBytes(t, legacyOf(dict("a", tensor(part(1, 3), 1, numbers(2), numbers(1)))))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := src.Float32("a"); err != nil || !cmp.Equal(got, []float32{3, 4}) {
		t.Errorf("a is %v (%v), want 3 4", got, err)
	}
	for _, bad := range []string{part(2, 3), part(-1, 2), part(5, 0), part(0, -1)} {
		if _, err := openBytes(t, legacyOf(dict("a", bad))); !errors.Is(err, ErrMalformed) {
			t.Errorf("error is %v", err)
		}
	}
	untyped := strings.Replace(part(1, 2), "ctorch\nFloat", "ctorch\nUntyped", 1)
	if _, err := openBytes(t, legacyOf(dict("a", untyped))); !errors.Is(err, ErrMalformed) {
		t.Errorf("a part of an untyped storage: %v", err)
	}
	if _, err := openBytes(t, legacyOf(dict("a", tensor(part(1, 2), 1, numbers(2), numbers(1))))); !errors.Is(err, ErrMalformed) {
		t.Errorf("a view beyond a part: %v", err)
	}
}

// Types without a class of storages are named by the tensors themselves.
func TestUntypedStorages(t *testing.T) {
	typed := func(dtype string, offset int64) string {
		id := "(" + text("storage") + "ctorch.storage\nUntypedStorage\n" + text("0") + text("cpu") + number(16) + "tQ"
		return "ctorch._utils\n_rebuild_tensor_v3\n(" + id + number(offset) + numbers(2) + numbers(1) + "\x89ccollections\nOrderedDict\n)Rctorch\n" + dtype + "\n}tR"
	}
	src, err := openBytes(t, torchZipOf(t, dict("a", typed("uint16", 6), "b", typed("float32", 2))))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := src.Int64("a"); err != nil || !cmp.Equal(got, []int64{0, 0x4080}) {
		t.Errorf("a is %v (%v)", got, err)
	}
	if got, err := src.Float32("b"); err != nil || !cmp.Equal(got, []float32{3, 4}) {
		t.Errorf("b is %v (%v)", got, err)
	}
	if _, err := openBytes(t, torchZipOf(t, dict("a", typed("float32", 3)))); !errors.Is(err, ErrMalformed) {
		t.Errorf("beyond the storage: %v", err)
	}
	if _, err := openBytes(t, torchZipOf(t, dict("a", typed("complex64", 0)))); !errors.Is(err, ErrUnsupported) {
		t.Errorf("complex numbers: %v", err)
	}
}

// FuzzTorch checks that whatever is accepted can be read without a panic, and that whatever is not is refused by kind.
func FuzzTorch(f *testing.F) {
	f.Add(torchZipOf(f, dict("a", plain)))
	f.Add(legacyOf(dict("state_dict", dict("a", plain))))
	f.Add(torchZipOf(f, dict("a", tensor(storageID("0", 4), 1, numbers(2, 1), numbers(1, 2)))))
	f.Fuzz(func(t *testing.T, data []byte) { readAll(t, data) })
}

// FuzzTorchPickle puts pickles into files that are right otherwise, which FuzzTorch rarely finds.
func FuzzTorchPickle(f *testing.F) {
	parameter := "ctorch._utils\n_rebuild_parameter\n(" + plain + "\x88ccollections\nOrderedDict\n)RtR"
	for _, seed := range []string{
		dict("a", plain), dict("state_dict", dict("a", plain, "p", parameter)+dict("_metadata", "}")+"b", "epoch", "K\x03"),
		dict("a", tensor(storageID("0", 4), 1, numbers(2, 1), numbers(1, 2))), "}q\x00(" + text("a") + "h\x00" + text("b") + plain + "u",
		"ccollections\nOrderedDict\n]" + text("a") + plain + "\x86a\x85R",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		readAll(t, torchZipOf(t, string(data)))
		readAll(t, legacyOf(string(data)))
	})
}

// readAll reads every tensor of a file that may be refused.
func readAll(t *testing.T, data []byte) {
	t.Helper()
	file, err := readAny(newMemory(data), int64(len(data)))
	if err != nil {
		for _, kind := range []error{ErrTruncated, ErrMalformed, ErrForbidden, ErrTooLarge, ErrUnsupported} {
			if errors.Is(err, kind) {
				return
			}
		}
		t.Fatalf("an error of no kind: %v", err)
	}
	for _, name := range file.Names() {
		dtype, shape, err := file.Info(name)
		if err != nil {
			t.Fatal(err)
		}
		size, err := byteSize(dtype, shape)
		if err != nil {
			t.Fatal(err)
		}
		if size > 1<<20 {
			continue // legal, but not a hundred thousand times a second
		}
		read, err := file.Bytes(name)
		if err != nil || int64(len(read)) != size {
			t.Fatalf("%q of %d bytes: read %d (%v)", name, size, len(read), err)
		}
	}
}
