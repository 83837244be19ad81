package launch

import (
	"math"
	"strings"
	"testing"
)

func TestCheckSpace(t *testing.T) {
	folder := t.TempDir()
	if err := checkSpace(folder, 1); err != nil {
		t.Error(err)
	}
	for folder, want := range map[string]string{folder: "is full", folder + "/none": "no such file"} {
		err := checkSpace(folder, math.MaxUint64)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, wanted %s", folder, err, want)
		}
	}
}
