package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// decodeStrict decodes one JSON object into v. Unknown fields, keys that come twice and trailing text are errors.
func decodeStrict(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is text after the end of the object")
	}
	tokens := json.NewDecoder(bytes.NewReader(data))
	return rejectDuplicates(tokens)
}

// rejectDuplicates walks one value of tokens, whose syntax is known to be right, and finds keys that come twice.
func rejectDuplicates(tokens *json.Decoder) error {
	token, err := tokens.Token()
	if err != nil {
		return err
	}
	opening, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	seen := map[string]bool{}
	for tokens.More() {
		if opening == '{' {
			token, err := tokens.Token()
			if err != nil {
				return err
			}
			key := token.(string) // the syntax is known to be right
			if seen[key] {
				return fmt.Errorf("the key %q comes twice", key)
			}
			seen[key] = true
		}
		if err := rejectDuplicates(tokens); err != nil {
			return err
		}
	}
	_, err = tokens.Token()
	return err
}
