package faces

import "otherwise/datasets"

// In JSON, values of factors are their names.

// MarshalText gives the name.
func (h HairColor) MarshalText() ([]byte, error) { return []byte(hairColors[h]), nil }

// UnmarshalText reads a name.
func (h *HairColor) UnmarshalText(text []byte) (err error) {
	*h, err = datasets.ValueOf[HairColor](text, hairColors, "hair colour")
	return err
}

// MarshalText gives the name.
func (g Gaze) MarshalText() ([]byte, error) { return []byte(gazes[g]), nil }

// UnmarshalText reads a name.
func (g *Gaze) UnmarshalText(text []byte) (err error) {
	*g, err = datasets.ValueOf[Gaze](text, gazes, "gaze")
	return err
}

// MarshalText gives the name.
func (b Background) MarshalText() ([]byte, error) { return []byte(backgrounds[b]), nil }

// UnmarshalText reads a name.
func (b *Background) UnmarshalText(text []byte) (err error) {
	*b, err = datasets.ValueOf[Background](text, backgrounds, "background")
	return err
}

// MarshalText gives the name.
func (l Lighting) MarshalText() ([]byte, error) { return []byte(lightings[l]), nil }

// UnmarshalText reads a name.
func (l *Lighting) UnmarshalText(text []byte) (err error) {
	*l, err = datasets.ValueOf[Lighting](text, lightings, "lighting")
	return err
}
