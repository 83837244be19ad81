package bundle

import (
	"fmt"

	"otherwise/baselines"
	"otherwise/counterfactual"
	"otherwise/eced"
	"otherwise/ldce"
)

// MethodInfo describes a method that explains.
type MethodInfo struct {
	Name  string // in options and command lines
	Title string // what the method may be called
	Note  string // what must be known before its results are read; empty for LDCE and ECED
}

// PaperMethods lists the names of the two methods that this program is about.
func PaperMethods() []string { return []string{"ldce", "eced"} }

// Methods lists all methods that explain: the two, then those beside which they stand.
func Methods() []MethodInfo {
	all := []MethodInfo{{Name: "ldce", Title: "LDCE"}, {Name: "eced", Title: "ECED"}}
	for _, d := range baselines.Descriptions() {
		all = append(all, MethodInfo(d))
	}
	return all
}

// DescribeMethod finds a method by its name.
func DescribeMethod(name string) (MethodInfo, error) {
	for _, m := range Methods() {
		if m.Name == name {
			return m, nil
		}
	}
	return MethodInfo{}, unknownMethod(name)
}

// MethodNames lists the names of all methods.
func MethodNames() []string {
	var names []string
	for _, m := range Methods() {
		names = append(names, m.Name)
	}
	return names
}

// Method prepares a method with the options that the bundle stores for it, and over them those for its task (under "eced/Young"),
// overlaid by JSON objects of overrides, one after the other (nil for none). A field that the method doesn't have is an error. LDCE's
// overrides may have one more, "preset", with one of [ldce.PresetNames]: its values count as if they stood there, under the other fields
// of the same object.
func (b *Bundle) Method(name string, overrides ...[]byte) (counterfactual.Method, error) {
	switch name {
	case "ldce":
		overrides, err := withPresets(overrides)
		if err != nil {
			return nil, err
		}
		return prepare(b, name, overrides, ldce.Options{}, ldce.New)
	case "eced":
		return prepare(b, name, overrides, eced.Options{}, eced.New)
	case baselines.NameDVCE:
		return prepare(b, name, overrides, baselines.DVCEOptions{}, baselines.NewDVCE)
	case baselines.NameSVCE:
		return prepare(b, name, overrides, baselines.SVCEOptions{}, baselines.NewSVCE)
	case baselines.NameDiME:
		return prepare(b, name, overrides, baselines.DiMEOptions{}, baselines.NewDiME)
	case baselines.NameACE:
		return prepare(b, name, overrides, baselines.ACEOptions{}, baselines.NewACE)
	case baselines.NameLatentPGD:
		return prepare(b, name, overrides, baselines.ACEOptions{Tau: new(0), LambdaD: new(0.0)}, baselines.NewACE)
	case baselines.NameFastDiME:
		return prepare(b, name, overrides, baselines.FastDiMEOptions{}, baselines.NewFastDiME)
	case baselines.NameMaskDiME:
		return prepare(b, name, overrides, baselines.MaskDiMEOptions{}, baselines.NewMaskDiME)
	case baselines.NamePGD:
		return prepare(b, name, overrides, baselines.PGDOptions{}, baselines.NewPGD)
	case baselines.NameBLD:
		return prepare(b, name, overrides, baselines.BLDOptions{}, baselines.NewBLD)
	}
	return nil, unknownMethod(name)
}

func unknownMethod(name string) error {
	return fmt.Errorf("no method %q; legal are %v", name, MethodNames())
}

// prepare makes a method of its options: those given, overlaid by the bundle's stored ones, then the overrides.
func prepare[O any, M counterfactual.Method](b *Bundle, name string, overrides [][]byte, o O, make func(counterfactual.Models, O) (M, error)) (counterfactual.Method, error) {
	for _, key := range []string{name, name + "/" + b.Task} {
		if stored := b.methods[key]; len(stored) > 0 {
			if err := strict(stored, &o); err != nil {
				return nil, fmt.Errorf("options of %s stored in the bundle: %w", key, err)
			}
		}
	}
	for _, some := range overrides {
		if len(some) == 0 {
			continue
		}
		if err := strict(some, &o); err != nil {
			return nil, fmt.Errorf("options of %s: %w", name, err)
		}
	}
	method, err := make(b.Models, o)
	if err != nil {
		return nil, err
	}
	if method.Name() != name { // latent PGD is ACE without diffusion
		return nil, fmt.Errorf("options of %s: with these it is %s; name that method", name, method.Name())
	}
	return method, nil
}
