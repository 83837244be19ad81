package weights

import (
	"strings"
	"testing"
)

func TestDecodeStrict(t *testing.T) {
	type inner struct{ A int }
	var v struct {
		Inner inner
		List  []inner
		Map   map[string]int
	}
	for _, test := range []struct{ text, want string }{
		{`{"Inner":{"A":1},"List":[{"A":1},{"A":2}],"Map":{"x":1,"y":2}}`, ""},
		{"{}\n", ""},
		{`{"Inner":{"B":1}}`, `unknown field "B"`},
		{`{"Inner":{"A":1},"Inner":{"A":2}}`, `"Inner" comes twice`},
		{`{"List":[{"A":1,"A":2}]}`, `"A" comes twice`},
		{`{"Map":{"x":1,"x":2}}`, `"x" comes twice`},
		{`{} {}`, "text after the end"},
		{`{}]`, "text after the end"},
		{`{"Inner"`, "unexpected EOF"},
		{``, "EOF"},
	} {
		err := decodeStrict([]byte(test.text), &v)
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want %q", test.text, err, test.want)
		}
	}
}
