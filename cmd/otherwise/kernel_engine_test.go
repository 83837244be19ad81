package main

import (
	"testing"

	"otherwise/setup"
)

func TestMemoryLimit(t *testing.T) {
	for text, want := range map[string]int64{
		"4096": 4096, "3K": 3072, "2m": 2 << 20, "12G": 12 << 30, "50%": setup.PhysicalMemory() / 100 * 50,
	} {
		if got, err := memoryLimit(text); err != nil || got != want {
			t.Errorf("%s: got %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "much", "-1", "0", "101%", "9223372036854775807G", "1.5G", "G"} {
		if got, err := memoryLimit(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}
