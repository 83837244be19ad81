package counterfactual

import "fmt"

// Cause is why no counterfactual was found.
type Cause string

// The causes, each decided by numbers that were measured.
const (
	CauseDistance   Cause = "distance dominates"      // the distance to the original pulls harder than the classifier
	CauseConsensus  Cause = "consensus keeps nothing" // hardly any location agrees, so hardly any is steered
	CauseMask       Cause = "mask too small"          // most of what the classifier asks for lies outside the mask
	CauseRepertoire Cause = "class not in repertoire" // what the diffusion model draws of the target isn't the target to the classifier
	CauseTooLittle  Cause = "too little or too short" // none of these: the search went the right way and ended too early
)

// Failure explains why a counterfactual was not found.
type Failure struct {
	Cause Cause  `json:"cause"`
	Says  string `json:"says"` // in a sentence, with the numbers that decide
	Hint  string `json:"hint"` // what to change, by the options' names
	// Measured are all numbers that were looked at.
	Measured map[string]float64 `json:"measured"`
}

// String is the cause, what was measured and what to do.
func (f Failure) String() string { return fmt.Sprintf("%s: %s. %s.", f.Cause, f.Says, f.Hint) }
