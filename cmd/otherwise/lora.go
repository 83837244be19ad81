package main

import (
	"fmt"
	"strconv"
	"strings"

	"otherwise/bundle"
)

// addLoRAs adds the adapters that the user named to a bundle.
func addLoRAs(b *bundle.Bundle, files []string) error {
	for _, file := range files {
		path, scale := file, 1.0
		if at := strings.LastIndex(file, "="); at >= 0 {
			value, err := strconv.ParseFloat(file[at+1:], 64)
			if err != nil {
				return &usageError{fmt.Errorf("--lora %s: legal is FILE or FILE=SCALE, such as %s=0.8", file, file[:at])}
			}
			path, scale = file[:at], value
		}
		if err := b.AddLoRA(path, scale); err != nil {
			return fmt.Errorf("--lora: %w", err)
		}
	}
	return nil
}
