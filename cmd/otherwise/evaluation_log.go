package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// identity is all that decides what a picture's outcome is. Outcomes of another identity aren't taken over.
type identity struct {
	Program    string          `json:"program"` // SHA-256 of the program's file
	Bundle     string          `json:"bundle"`  // the bundle's hash
	Task       string          `json:"task,omitempty"`
	Classifier string          `json:"classifier,omitempty"`
	Dataset    string          `json:"dataset"`
	Seed       uint64          `json:"seed"`
	Encoder    string          `json:"encoder,omitempty"`   // whose features the similarity compares
	Target     string          `json:"target,omitempty"`    // what the user asked for
	Overrides  json.RawMessage `json:"overrides,omitempty"` // the user's options
}

// outcome is how one explanation ended. The seed replays it: otherwise explain --index Index --seed Seed.
type outcome struct {
	Method    string  `json:"method"`
	Index     int     `json:"index"` // of the test picture
	Seed      uint64  `json:"seed"`
	Label     string  `json:"label"`
	Predicted string  `json:"predicted"`
	Target    string  `json:"target"`
	Failure   string  `json:"failure,omitempty"` // why there is no result; what follows is zero then
	Flipped   bool    `json:"flipped"`
	Confirmed bool    `json:"confirmed"` // flipped, and the judge says so too
	After     float64 `json:"after"`     // the target's probability
	COUT      float64 `json:"cout"`
	// Similarity is the cosine of the features of original and counterfactual; nil without an encoder.
	Similarity *float64 `json:"similarity,omitempty"`
	distances
	Pasted  *pastedOutcome `json:"pasted,omitempty"` // nil for methods that report none
	Truth   *truthOutcome  `json:"truth,omitempty"`  // nil where it isn't known
	Steps   map[string]int `json:"steps"`            // made in each stage, in all attempts and trials together
	Seconds float64        `json:"seconds"`
}

// pastedOutcome is what becomes of a counterfactual when the original is put back around its mask.
type pastedOutcome struct {
	Flipped   bool    `json:"flipped"`
	Confirmed bool    `json:"confirmed"`
	L1        float64 `json:"l1"`
}

// evaluationLog keeps finished outcomes in a file of JSON lines, the first of which is the identity, so that an
// interrupted evaluation goes on where it stopped.
type evaluationLog struct {
	file *os.File // nil: nothing is kept
	done map[string]map[int]outcome
}

// openLog opens or begins the file at path; with an empty path nothing is kept.
func openLog(path string, id identity) (*evaluationLog, error) {
	l := &evaluationLog{done: map[string]map[int]outcome{}}
	if path == "" {
		return l, nil
	}
	header, err := json.Marshal(id)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("making the output folder: %w", err)
	}
	if l.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644); err != nil {
		return nil, fmt.Errorf("opening the list of finished pictures: %w", err)
	}
	if err := l.resume(header); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), l.file.Close())
	}
	return l, nil
}

// resume reads what is in the file. A last line without an end was being written when the program was killed: it goes.
func (l *evaluationLog) resume(header []byte) error {
	r := bufio.NewReader(l.file)
	var whole int64
	for number := 1; ; number++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		whole += int64(len(line))
		line = bytes.TrimSuffix(line, []byte("\n"))
		if number == 1 {
			if !bytes.Equal(line, header) {
				return fmt.Errorf("made by another run (%s; this one is %s): remove it, or name another --out", line, header)
			}
			continue
		}
		var o outcome
		if err := json.Unmarshal(line, &o); err != nil {
			return fmt.Errorf("line %d is damaged: %w; remove the file to begin anew", number, err)
		}
		l.note(o)
	}
	if err := l.file.Truncate(whole); err != nil {
		return err
	}
	if whole == 0 {
		return l.write(header)
	}
	return nil
}

func (l *evaluationLog) note(o outcome) {
	if l.done[o.Method] == nil {
		l.done[o.Method] = map[int]outcome{}
	}
	l.done[o.Method][o.Index] = o
}

// find gives a finished outcome.
func (l *evaluationLog) find(method string, index int) (outcome, bool) {
	o, ok := l.done[method][index]
	return o, ok
}

// add keeps an outcome.
func (l *evaluationLog) add(o outcome) error {
	l.note(o)
	if l.file == nil {
		return nil
	}
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return l.write(line)
}

func (l *evaluationLog) write(line []byte) error {
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("keeping finished pictures: %w", err)
	}
	return nil
}

func (l *evaluationLog) close() error {
	if l.file == nil {
		return nil
	}
	return errors.Join(l.file.Sync(), l.file.Close())
}
