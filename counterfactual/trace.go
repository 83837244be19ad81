package counterfactual

// IsFrame reports whether step k of total is one of the given number of frames that a trace keeps: evenly spread, the
// first and the last among them. A negative number keeps every step.
func IsFrame(k, total, frames int) bool {
	if frames < 0 || frames >= total {
		return true
	}
	if frames <= 1 {
		return frames == 1 && k == total-1
	}
	for i := range frames {
		if k == (i*(total-1)+(frames-1)/2)/(frames-1) {
			return true
		}
	}
	return false
}
