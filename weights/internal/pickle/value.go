package pickle

import "otherwise/weights/internal/refuse"

// The values of a pickle are nil, bool, int64, float64, string, []byte, [Global], [Tuple], *[List], *[Dict], *[Set],
// *[Object], and whatever a [Handler] returns. Values may be shared, and lists and dicts may contain themselves.

// Global is a class or a function by name. Naming one does nothing: it is neither looked up nor imported.
type Global struct{ Module, Name string }

func (g Global) String() string { return g.Module + "." + g.Name }

// Tuple is a Python tuple.
type Tuple []any

// List is a Python list.
type List struct{ Items []any }

// Set is a Python set or frozenset.
type Set struct{ Items []any }

// Object is an instance of a class that nothing is known of but its name. Its attributes are dropped.
type Object struct{ Class Global }

// Integer is a whole number that int64 may not hold: its bytes in two's complement, the lowest first. The value of one
// that is spelt in digits is dropped.
type Integer string

// Dict is a Python dict, or a class derived from it, in the order in which its items came.
type Dict struct {
	Keys, Values []any
	byName       map[string]int
}

// Get returns the value under a key that is a string.
func (d *Dict) Get(key string) (any, bool) {
	i, found := d.byName[key]
	if !found {
		return nil, false
	}
	return d.Values[i], true
}

// Set adds an item. A key that Python could not hash, and a string that is there already, are errors.
func (d *Dict) Set(key, value any) error {
	switch key := key.(type) {
	case *List, *Dict, *Set:
		return refuse.Errorf(refuse.ErrMalformed, "a dict has a %s as a key", kind(key))
	case string:
		if _, twice := d.byName[key]; twice {
			return refuse.Errorf(refuse.ErrMalformed, "a dict has the key %.100q twice", key)
		}
		if d.byName == nil {
			d.byName = map[string]int{}
		}
		d.byName[key] = len(d.Keys)
	}
	d.Keys = append(d.Keys, key)
	d.Values = append(d.Values, value)
	return nil
}

// kind names the type of a value for errors. The value itself is never printed: a few bytes can stand for a tree of
// any size.
func kind(value any) string {
	switch value := value.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64, Integer:
		return "int"
	case float64:
		return "float"
	case string:
		return "string"
	case []byte:
		return "bytes"
	case Tuple:
		return "tuple"
	case *List:
		return "list"
	case *Dict:
		return "dict"
	case *Set:
		return "set"
	case Global:
		return "name " + value.String()
	case *Object:
		return "instance of " + value.Class.String()
	default:
		return "tensor or storage"
	}
}
