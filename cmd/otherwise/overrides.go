package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// overrides are the options that a user sets for a method, over those that its bundle stores: a file's, then single ones.
type overrides struct {
	file string
	sets []string // key=value
}

func (o *overrides) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.file, "options", "", "JSON `FILE` with options of the method")
	cmd.Flags().StringArrayVar(&o.sets, "set", nil, "one option of the method as `key=value`, inner ones as cam.layer=block3; may be repeated")
}

// given says whether there are any.
func (o *overrides) given() bool { return o.file != "" || len(o.sets) > 0 }

// maxOptions is more than any method's options take, in bytes.
const maxOptions = 1 << 20

// json merges them to one JSON object, nil without any. The method checks names and values.
func (o *overrides) json() ([]byte, error) {
	if !o.given() {
		return nil, nil
	}
	merged := map[string]any{}
	if o.file != "" {
		text, err := readOptions(o.file)
		if err != nil {
			return nil, err
		}
		value, err := decode(text)
		object, ok := value.(map[string]any)
		if err != nil || !ok {
			return nil, &usageError{errors.Join(fmt.Errorf("--options %s: a JSON object is wanted", o.file), err)}
		}
		merged = object
	}
	for _, set := range o.sets {
		key, text, ok := strings.Cut(set, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, &usageError{fmt.Errorf("--set %q: legal is key=value, such as guidance_scale=3", set)}
		}
		value, err := decode([]byte(text))
		if err != nil {
			value = text // words need no quotes
		}
		put(merged, strings.Split(key, "."), value)
	}
	return json.Marshal(merged)
}

// decode reads one JSON value. Numbers keep their digits.
func decode(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return value, nil
}

// put sets the value at a path of names: cam.layer is layer in the object cam.
func put(object map[string]any, path []string, value any) {
	if len(path) == 1 {
		object[path[0]] = value
		return
	}
	inner, ok := object[path[0]].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[path[0]] = inner
	}
	put(inner, path[1:], value)
}

func readOptions(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &usageError{fmt.Errorf("--options: %w", err)}
	}
	if err != nil {
		return nil, fmt.Errorf("--options: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxOptions+1))
	if err != nil {
		return nil, fmt.Errorf("--options %s: %w", path, err)
	}
	if len(text) > maxOptions {
		return nil, &usageError{fmt.Errorf("--options %s: more than %d bytes, no method has so many options", path, maxOptions)}
	}
	return text, nil
}
