package resident_test

import (
	"testing"

	"github.com/gomlx/compute/support/backendtest"

	"otherwise/kernel/engine"
)

// TestConformance is the test that GoMLX has for backends.
func TestConformance(t *testing.T) {
	backendtest.RunAll(t, connect(t, startEngine(t, engine.Options{})), nil)
}
