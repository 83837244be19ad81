package tokenize

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

const (
	startToken = "<|startoftext|>"
	endToken   = "<|endoftext|>"

	maxFile = 64 << 20 // bytes of a file, unpacked; CLIP's largest takes 3 MB
)

// vocabulary is a byte-pair encoding as read from files.
type vocabulary struct {
	ids        map[string]int32
	ranks      map[[2]string]int // of merges: lower is joined first
	start, end int32
}

// Open reads a tokenizer from a folder with tokenizer.json, or with vocab.json and merges.txt; each may be gzipped
// (vocab.json.gz). The padding token is that of tokenizer_config.json or special_tokens_map.json, and the end token
// where neither names one. An error names the file and what is wrong with it.
func Open(folder fs.FS) (*CLIP, error) {
	v, err := readVocabulary(folder)
	if err != nil {
		return nil, fmt.Errorf("CLIP tokenizer: %w", err)
	}
	pad, err := v.padding(folder)
	if err != nil {
		return nil, fmt.Errorf("CLIP tokenizer: %w", err)
	}
	return &CLIP{vocabulary: *v, pad: pad}, nil
}

func readVocabulary(folder fs.FS) (*vocabulary, error) {
	raw, err := readFile(folder, "vocab.json")
	if errors.Is(err, fs.ErrNotExist) {
		raw, err = readFile(folder, "tokenizer.json")
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New("the folder has neither vocab.json with merges.txt nor tokenizer.json")
		} else if err != nil {
			return nil, err
		}
		v, err := parseTokenizerJSON(raw)
		if err != nil {
			return nil, fmt.Errorf("tokenizer.json: %w", err)
		}
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	var ids map[string]int32
	if err := json.Unmarshal(raw, &ids); err != nil {
		return nil, fmt.Errorf("vocab.json: %w", err)
	}
	merges, err := readFile(folder, "merges.txt")
	if err != nil {
		return nil, err
	}
	v, err := newVocabulary(ids, mergeLines(merges))
	if err != nil {
		return nil, fmt.Errorf("vocab.json with merges.txt: %w", err)
	}
	return v, nil
}

// mergeLines are the lines of merges.txt but for the first, which tells the format's version.
func mergeLines(text []byte) []string {
	lines := strings.Split(strings.TrimRight(string(text), "\r\n"), "\n")
	if strings.HasPrefix(lines[0], "#version") {
		lines = lines[1:]
	}
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}

// newVocabulary checks that the encoding is complete: every byte, alone and at a word's end, and all that merges make
// have an id, and no two have the same.
func newVocabulary(ids map[string]int32, merges []string) (*vocabulary, error) {
	v := &vocabulary{ids: ids, ranks: make(map[[2]string]int, len(merges))}
	seen := make(map[int32]string, len(ids))
	for token, id := range ids {
		if other, twice := seen[id]; twice || id < 0 {
			return nil, fmt.Errorf("token %q has id %d, which is negative or that of %q as well", token, id, other)
		}
		seen[id] = token
	}
	for rank, line := range merges {
		first, second, two := strings.Cut(line, " ")
		if !two || first == "" || second == "" || strings.Contains(second, " ") {
			return nil, fmt.Errorf("merge %d is %q; it must be two symbols with a space between", rank+1, line)
		}
		if _, known := ids[first+second]; !known {
			return nil, fmt.Errorf("merge %d makes %q, which has no id: vocabulary and merges belong to different tokenizers", rank+1, first+second)
		}
		v.ranks[[2]string{first, second}] = rank
	}
	for _, symbol := range byteSymbols {
		for _, s := range []string{symbol, symbol + endOfWord} {
			if _, known := ids[s]; !known {
				return nil, fmt.Errorf("%q has no id: this is not a vocabulary of CLIP", s)
			}
		}
	}
	var hasStart, hasEnd bool
	v.start, hasStart = ids[startToken]
	v.end, hasEnd = ids[endToken]
	if !hasStart || !hasEnd {
		return nil, fmt.Errorf("%s or %s has no id: this is not a vocabulary of CLIP", startToken, endToken)
	}
	return v, nil
}

// tokenizerJSON is the part of tokenizer.json that says what kind it is and holds the vocabulary.
type tokenizerJSON struct {
	AddedTokens []struct {
		ID      int32  `json:"id"`
		Content string `json:"content"`
	} `json:"added_tokens"`
	Model struct {
		Type            string            `json:"type"`
		EndOfWordSuffix string            `json:"end_of_word_suffix"`
		Vocab           map[string]int32  `json:"vocab"`
		Merges          []json.RawMessage `json:"merges"` // "a b", or ["a", "b"] in newer files
	} `json:"model"`
}

func parseTokenizerJSON(raw []byte) (*vocabulary, error) {
	var t tokenizerJSON
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, err
	}
	if t.Model.Type != "BPE" && t.Model.Type != "" || t.Model.EndOfWordSuffix != endOfWord {
		return nil, fmt.Errorf("the model is %q with end_of_word_suffix %q; CLIP's is BPE with %q", t.Model.Type, t.Model.EndOfWordSuffix, endOfWord)
	}
	merges := make([]string, len(t.Model.Merges))
	for i, m := range t.Model.Merges {
		var pair []string
		if err := json.Unmarshal(m, &pair); err == nil {
			merges[i] = strings.Join(pair, " ")
		} else if err := json.Unmarshal(m, &merges[i]); err != nil {
			return nil, fmt.Errorf("merge %d is neither a string nor a list: %w", i+1, err)
		}
	}
	for _, added := range t.AddedTokens {
		if t.Model.Vocab != nil {
			t.Model.Vocab[added.Content] = added.ID
		}
	}
	return newVocabulary(t.Model.Vocab, merges)
}

// padding finds the id that fills up short texts.
func (v *vocabulary) padding(folder fs.FS) (int32, error) {
	for _, name := range []string{"tokenizer_config.json", "special_tokens_map.json"} {
		raw, err := readFile(folder, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return 0, err
		}
		var config struct {
			PadToken json.RawMessage `json:"pad_token"` // "!", or {"content": "!", ...}
		}
		if err := json.Unmarshal(raw, &config); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		var described struct {
			Content string `json:"content"`
		}
		if config.PadToken == nil || bytes.Equal(config.PadToken, []byte("null")) {
			continue
		}
		if json.Unmarshal(config.PadToken, &described.Content) != nil {
			if err := json.Unmarshal(config.PadToken, &described); err != nil {
				return 0, fmt.Errorf("%s: pad_token: %w", name, err)
			}
		}
		id, known := v.ids[described.Content]
		if !known {
			return 0, fmt.Errorf("%s: pad_token is %q, which the vocabulary doesn't have", name, described.Content)
		}
		return id, nil
	}
	return v.end, nil
}

// readFile reads a file of at most maxFile bytes, or its gzipped form.
func readFile(folder fs.FS, name string) ([]byte, error) {
	file, err := folder.Open(name)
	var in io.Reader = file
	if errors.Is(err, fs.ErrNotExist) {
		packed, errPacked := folder.Open(name + ".gz")
		if errPacked != nil {
			return nil, err
		}
		file, name = packed, name+".gz"
		if in, err = gzip.NewReader(packed); err != nil {
			packed.Close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	} else if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(text) > maxFile:
		return nil, fmt.Errorf("%s has more than %d bytes", name, maxFile)
	}
	return slices.Clip(text), nil
}
