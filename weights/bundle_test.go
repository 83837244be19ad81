package weights

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// testBundle returns a bundle of two small networks and their tensors.
func testBundle() (*Bundle, map[string][]Tensor) {
	b := &Bundle{
		Name: "test", Description: "two small networks",
		Classes: []string{"T-shirt", "Trouser"},
		Image:   ImageSpec{Width: 28, Height: 28, Channels: 1},
		Networks: map[string]Network{
			"classifier":  {Architecture: "convnet", Config: json.RawMessage(`{"channels":[8,16]}`)},
			"autoencoder": {Architecture: "kl", Config: json.RawMessage(`{"latent":4}`)},
		},
		Methods:    map[string]json.RawMessage{"ldce": json.RawMessage(`{"steps":50}`)},
		Provenance: map[string]string{"data": "Fashion-MNIST", "licence": "<none>"},
	}
	return b, map[string][]Tensor{
		"classifier":  {{"conv.weight", F16, []int{2}, []float32{1, 2}}},
		"autoencoder": {{"encoder.weight", F32, []int{3}, []float32{3, 4, 5}}},
	}
}

// savedBundle returns the files of testBundle in memory.
func savedBundle(t *testing.T) fstest.MapFS {
	t.Helper()
	dir := t.TempDir()
	b, tensors := testBundle()
	if err := SaveBundle(dir, b, tensors); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := os.ReadFile(dir + "/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = &fstest.MapFile{Data: data}
	}
	return files
}

// fileNamed returns the name of a network's file.
func fileNamed(t *testing.T, files fstest.MapFS, network string) string {
	t.Helper()
	for name := range files {
		if strings.HasPrefix(name, network+"-") {
			return name
		}
	}
	t.Fatalf("no file of %q among %v", network, slices.Sorted(maps.Keys(files)))
	return ""
}

func networkValues(t *testing.T, b *Bundle, network, tensor string) []float32 {
	t.Helper()
	_, _, file, err := b.Network(network)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	values, err := file.Float32(tensor)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// notReaderAt hides all of a file but what fs.File asks for.
type notReaderAt struct{ fs.FS }

type plainFile struct{ file fs.File }

func (p plainFile) Stat() (fs.FileInfo, error)    { return p.file.Stat() }
func (p plainFile) Read(data []byte) (int, error) { return p.file.Read(data) }
func (p plainFile) Close() error                  { return p.file.Close() }
func (n notReaderAt) Open(name string) (fs.File, error) {
	file, err := n.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return plainFile{file}, nil
}

func TestLoadBundle(t *testing.T) {
	files := savedBundle(t)
	for name, fsys := range map[string]fs.FS{"random access": files, "reading only": notReaderAt{files}} {
		t.Run(name, func(t *testing.T) {
			b, err := LoadBundle(fsys)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := testBundle()
			if b.Name != want.Name || b.Description != want.Description || b.Image != want.Image ||
				!cmp.Equal(b.Classes, want.Classes) || !cmp.Equal(b.Provenance, want.Provenance) {
				t.Errorf("got %+v, want %+v", b, want)
			}
			architecture, config, file, err := b.Network("classifier")
			if err != nil {
				t.Fatal(err)
			}
			var options struct{ Channels []int }
			if err := json.Unmarshal(config, &options); err != nil || architecture != "convnet" || !cmp.Equal(options.Channels, []int{8, 16}) {
				t.Errorf("architecture %q, config %s (%v)", architecture, config, err)
			}
			if err := file.Close(); err != nil {
				t.Error(err)
			}
			if got := networkValues(t, b, "classifier", "conv.weight"); !cmp.Equal(got, []float32{1, 2}) {
				t.Errorf("conv.weight is %v", got)
			}
			if _, _, _, err := b.Network("denoiser"); err == nil || err.Error() != `bundle "test": no network is named "denoiser", there are autoencoder, classifier` {
				t.Errorf("unknown network: %v", err)
			}
		})
	}
}

func TestLoadBundleRefuses(t *testing.T) {
	// edit changes bundle.json as text.
	edit := func(from, to string) func(*testing.T, fstest.MapFS) {
		return func(t *testing.T, files fstest.MapFS) {
			text := string(files["bundle.json"].Data)
			if !strings.Contains(text, from) {
				t.Fatalf("nothing to replace: %s in %s", from, text)
			}
			files["bundle.json"].Data = []byte(strings.Replace(text, from, to, 1))
		}
	}
	// editFile changes what follows `"file": ` in the description of the classifier, up to the end of the name.
	editFile := func(to string) func(*testing.T, fstest.MapFS) {
		return func(t *testing.T, files fstest.MapFS) {
			edit(`"file": "`+fileNamed(t, files, "classifier")+`"`, `"file": "`+to+`"`)(t, files)
		}
	}
	for _, test := range []struct {
		name   string
		change func(*testing.T, fstest.MapFS)
		want   string
	}{
		{"no manifest", func(_ *testing.T, files fstest.MapFS) { delete(files, "bundle.json") }, "a bundle is a folder with bundle.json"},
		{"missing file", func(t *testing.T, files fstest.MapFS) { delete(files, fileNamed(t, files, "classifier")) }, `network "classifier": open classifier-`},
		{"truncated file", func(t *testing.T, files fstest.MapFS) {
			file := files[fileNamed(t, files, "classifier")]
			file.Data = file.Data[:len(file.Data)-1]
		}, "is truncated: it has"},
		{"file too long", func(t *testing.T, files fstest.MapFS) {
			file := files[fileNamed(t, files, "classifier")]
			file.Data = append(file.Data, 0)
		}, "but bundle.json says"},
		{"changed file", func(t *testing.T, files fstest.MapFS) {
			file := files[fileNamed(t, files, "classifier")]
			file.Data[len(file.Data)-1] ^= 1
		}, "it was changed or belongs to another bundle"},
		{"file is a folder", func(t *testing.T, files fstest.MapFS) {
			files[fileNamed(t, files, "classifier")].Mode = fs.ModeDir
		}, "is not a regular file"},
		{"path upwards", editFile("../classifier.safetensors"), "want the name of a file beside bundle.json"},
		{"absolute path", editFile("/etc/passwd"), "want the name of a file beside bundle.json"},
		{"path downwards", editFile("a/classifier.safetensors"), "want the name of a file beside bundle.json"},
		{"Windows path", editFile(`c:\\classifier.safetensors`), "want the name of a file beside bundle.json"},
		{"folder itself", editFile("."), "want the name of a file beside bundle.json"},
		{"no file name", editFile(""), "want the name of a file beside bundle.json"},
		{"manifest as a network", editFile("bundle.json"), `file is "bundle.json", want the name of a file beside`},
		{"unknown field", edit(`"name"`, `"colour": 1, "name"`), `unknown field "colour"`},
		{"unknown field of a network", edit(`"architecture"`, `"layers": 1, "architecture"`), `unknown field "layers"`},
		{"field comes twice", edit(`"name"`, `"name": "x", "name"`), `the key "name" comes twice`},
		{"newer version", edit(`"version": 1`, `"version": 2, "new": 3`), "version is 2, this program reads version 1"},
		{"not JSON", edit(`{`, `{{`), "bundle.json: invalid character"},
		{"no name", edit(`"name": "test"`, `"name": ""`), "has no name"},
		{"class comes twice", edit(`"Trouser"`, `"T-shirt"`), `class "T-shirt" comes twice, as 0 and 1`},
		{"empty class", edit(`"Trouser"`, `""`), "class 1 has an empty name"},
		{"no pixels", edit(`"width": 28`, `"width": 0`), "image is 0 x 28"},
		{"two channels", edit(`"channels": 1`, `"channels": 2`), "with 2 channels"},
		{"network name", edit(`"classifier": {`, `"Classi/fier": {`), `network name "Classi/fier"`},
		{"no architecture", edit(`"convnet"`, `""`), `network "classifier" has no architecture`},
		{"hash is not hexadecimal", edit(`"sha256": "`, `"sha256": "z`), "want 64 lower-case hexadecimal digits"},
		{"negative size", edit(`"size": `, `"size": -`), "size is -"},
		{"huge manifest", func(_ *testing.T, files fstest.MapFS) {
			files["bundle.json"].Data = make([]byte, maxManifest+1)
		}, "has more than 16777216 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := savedBundle(t)
			test.change(t, files)
			if _, err := LoadBundle(files); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestBundleWithoutClassesOrNetworks(t *testing.T) {
	b, tensors := testBundle()
	b.Classes = nil
	if err := SaveBundle(t.TempDir(), b, tensors); err == nil || !strings.Contains(err.Error(), "no classes") {
		t.Errorf("no classes: %v", err)
	}
	b, _ = testBundle()
	b.Networks = nil
	if err := SaveBundle(t.TempDir(), b, nil); err == nil || !strings.Contains(err.Error(), "has no networks") {
		t.Errorf("no networks: %v", err)
	}
}

// The file is as large as it should be and has the right checksum, but is not of the right kind.
func TestNetworkIsNotSafetensors(t *testing.T) {
	files := fstest.MapFS{
		"bundle.json": {Data: []byte(`{"version":1,"name":"test","classes":["a"],"image":{"width":1,"height":1,"channels":3},"networks":{
			"classifier":{"architecture":"x","file":"hello","size":5,"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}}}`)},
		"hello": {Data: []byte("hello")},
	}
	b, err := LoadBundle(files)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := b.Network("classifier"); err == nil || !strings.Contains(err.Error(), `network "classifier": hello: safetensors: 5 bytes are too few`) {
		t.Errorf("error is %v", err)
	}
}

func TestNetworkOfUnsavedBundle(t *testing.T) {
	b, _ := testBundle()
	if _, _, _, err := b.Network("classifier"); err == nil || !strings.Contains(err.Error(), "save and load the bundle") {
		t.Errorf("error is %v", err)
	}
	if _, err := LoadBundle(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder: %v", err)
	}
}

func TestBundleHash(t *testing.T) {
	hash := func(change func(*Bundle, map[string][]Tensor)) string {
		t.Helper()
		dir := t.TempDir()
		b, tensors := testBundle()
		change(b, tensors)
		if err := SaveBundle(dir, b, tensors); err != nil {
			t.Fatal(err)
		}
		loaded, err := LoadBundle(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		hash, err := loaded.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	plain := hash(func(*Bundle, map[string][]Tensor) {})
	spaced := hash(func(b *Bundle, _ map[string][]Tensor) { b.Methods["ldce"] = json.RawMessage("{ \"steps\" :\n 50 }") })
	if plain != spaced {
		t.Error("white space changes the hash")
	}
	for name, change := range map[string]func(*Bundle, map[string][]Tensor){
		"parameter": func(_ *Bundle, tensors map[string][]Tensor) { tensors["classifier"][0].Data = []float32{1, 3} },
		"option":    func(b *Bundle, _ map[string][]Tensor) { b.Methods["ldce"] = json.RawMessage(`{"steps":51}`) },
		"class":     func(b *Bundle, _ map[string][]Tensor) { b.Classes[0] = "Shirt" },
	} {
		if hash(change) == plain {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

// FuzzManifest checks that no manifest leads out of the bundle's folder, and that what is accepted can be written again.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"version":1,"name":"test","classes":["a"],"image":{"width":1,"height":1,"channels":3},"networks":{
		"classifier":{"architecture":"x","file":"hello","size":5,"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := loadManifest(fstest.MapFS{"bundle.json": {Data: data}})
		if err != nil {
			return
		}
		for name, n := range b.Networks {
			if !fs.ValidPath(n.File) || strings.Contains(n.File, "/") {
				t.Fatalf("network %q leads to %q", name, n.File)
			}
		}
		text, err := b.marshalManifest()
		if err != nil {
			t.Fatal(err)
		}
		if err := decodeManifest(text, &Bundle{}); err != nil {
			t.Fatalf("a manifest that was read cannot be read again: %v\n%s", err, text)
		}
	})
}
