package tokenize_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"otherwise/diffusion/tokenize"
	"otherwise/internal/golden"
)

// agree compares both conventions with the reference's ids of 63 texts.
func agree(t *testing.T, c *tokenize.CLIP, path string) {
	t.Helper()
	var cases []struct {
		Text     string  `json:"text"`
		OpenCLIP []int32 `json:"open_clip"`
		HF       []int32 `json:"hf"`
	}
	golden.JSON(t, path, &cases)
	if len(cases) == 0 {
		t.Fatalf("%s has no cases", path)
	}
	for _, want := range cases {
		if got := c.Encode(want.Text, tokenize.OpenCLIP); !slices.Equal(got.IDs, want.OpenCLIP) {
			t.Errorf("open_clip, %q:\n got %v\nwant %v", want.Text, got.IDs, want.OpenCLIP)
		}
		if got := c.Encode(want.Text, tokenize.HuggingFace); !slices.Equal(got.IDs, want.HF) {
			t.Errorf("Hugging Face, %q:\n got %v\nwant %v", want.Text, got.IDs, want.HF)
		}
	}
}

func open(t *testing.T, folder string) *tokenize.CLIP {
	t.Helper()
	c, err := tokenize.Open(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestIDsAgreeWithReference(t *testing.T) {
	agree(t, open(t, "testdata"), "testdata/cases.json")
}

func TestIDsAgreeWithFullVocabulary(t *testing.T) {
	folder := golden.Reference(t, "models", "tokenizer")
	agree(t, open(t, folder), folder+"/cases.json")
}

// TestTokenizerJSON packs the vocabulary into one file as newer models have it, with merges in either form.
func TestTokenizerJSON(t *testing.T) {
	var vocab map[string]int
	golden.JSON(t, "testdata/vocab.json", &vocab)
	raw, err := os.ReadFile("testdata/merges.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")[1:]
	pairs := make([][]string, len(lines))
	for i, line := range lines {
		pairs[i] = strings.Split(line, " ")
	}
	for name, merges := range map[string]any{"strings": lines, "pairs": pairs} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(map[string]any{"version": "1.0", "model": map[string]any{
				"type": "BPE", "end_of_word_suffix": "</w>", "vocab": vocab, "merges": merges}})
			if err != nil {
				t.Fatal(err)
			}
			c, err := tokenize.Open(fstest.MapFS{"tokenizer.json": {Data: text}})
			if err != nil {
				t.Fatal(err)
			}
			agree(t, c, "testdata/cases.json")
		})
	}
}

func TestCutTokensAreCounted(t *testing.T) {
	c := open(t, "testdata")
	for text, want := range map[string]int{"zebra": 0, strings.Repeat("zebra ", 75): 0, strings.Repeat("zebra ", 80): 5} {
		got := c.Encode(text, tokenize.HuggingFace)
		if got.Cut != want || len(got.IDs) != tokenize.Length {
			t.Errorf("%d bytes: %d tokens cut of which %d are left, want %d and %d", len(text), got.Cut, len(got.IDs), want, tokenize.Length)
		}
	}
}

func TestPaddingIsTheFolders(t *testing.T) {
	files := func(config string) fstest.MapFS {
		out := fstest.MapFS{"tokenizer_config.json": {Data: []byte(config)}}
		for _, name := range []string{"vocab.json", "merges.txt"} {
			raw, err := os.ReadFile("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = &fstest.MapFile{Data: raw}
		}
		return out
	}
	for config, want := range map[string]int32{`{"pad_token": "!"}`: 0, `{"pad_token": {"content": "!"}}`: 0,
		`{"pad_token": null}`: 49407, `{}`: 49407} {
		c, err := tokenize.Open(files(config))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Encode("", tokenize.HuggingFace).IDs[76]; got != want {
			t.Errorf("%s: padded with %d, want %d", config, got, want)
		}
	}
	if _, err := tokenize.Open(files(`{"pad_token": "no such token"}`)); err == nil || !strings.Contains(err.Error(), "no such token") {
		t.Errorf("an unknown padding token gave error %v", err)
	}
}

func TestBrokenVocabulariesAreRefused(t *testing.T) {
	vocab, err := os.ReadFile("testdata/vocab.json")
	if err != nil {
		t.Fatal(err)
	}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for word, files := range map[string]fstest.MapFS{
		"neither":       {},
		"merges.txt":    {"vocab.json": file(string(vocab))},
		"merge 2":       {"vocab.json": file(string(vocab)), "merges.txt": file("#version: 0.2\ni n\none\n")},
		"has no id":     {"vocab.json": file(`{"a": 0}`), "merges.txt": file("#version: 0.2\na b\n")},
		"vocabulary of": {"vocab.json": file(`{"ab": 0}`), "merges.txt": file("a b\n")},
		"negative":      {"vocab.json": file(`{"a": -1}`), "merges.txt": file("a b\n")},
		"WordPiece":     {"tokenizer.json": file(`{"model": {"type": "WordPiece"}}`)},
		"gzip":          {"vocab.json.gz": file("not packed")},
	} {
		if _, err := tokenize.Open(files); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}

func TestCleanMakesCharactersPlain(t *testing.T) {
	for text, want := range map[string]string{
		"“curly” ‘quotes’":       `"curly" 'quotes'`,
		"ﬁne ＦＵＬＬ　width":         "fine FULL width",
		"P&EACUTE;rez &amp;amp;": "PÉrez &",
		"a <b> &eacute;":         "a <b> é",
		"\x1b[31mred\x1b[0m\x07": "red",
		"wait\u0085":             "wait…",
		"cafe\u0301 ŉ":           "café 'n",
	} {
		if got := tokenize.Clean(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
