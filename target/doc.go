// Package target chooses the class that a picture is to be turned into, where nobody names one: LDCE's ways (section 5 of arXiv
// 2310.06668, and its public code), and the second most likely class.
package target
