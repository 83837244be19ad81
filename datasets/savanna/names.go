package savanna

import "otherwise/datasets"

// In JSON, values of factors are their names.

// MarshalText gives the name.
func (c Class) MarshalText() ([]byte, error) { return []byte(classNames[c]), nil }

// UnmarshalText reads a name.
func (c *Class) UnmarshalText(text []byte) (err error) {
	*c, err = datasets.ValueOf[Class](text, classNames, "class")
	return err
}

// MarshalText gives the name.
func (d Detail) MarshalText() ([]byte, error) { return []byte(detailNames[d]), nil }

// UnmarshalText reads a name.
func (d *Detail) UnmarshalText(text []byte) (err error) {
	*d, err = datasets.ValueOf[Detail](text, detailNames, "level of detail")
	return err
}

// MarshalText gives the name.
func (s Sky) MarshalText() ([]byte, error) { return []byte(skyNames[s]), nil }

// UnmarshalText reads a name.
func (s *Sky) UnmarshalText(text []byte) (err error) {
	*s, err = datasets.ValueOf[Sky](text, skyNames, "sky")
	return err
}

// MarshalText gives the name.
func (l Land) MarshalText() ([]byte, error) { return []byte(landNames[l]), nil }

// UnmarshalText reads a name.
func (l *Land) UnmarshalText(text []byte) (err error) {
	*l, err = datasets.ValueOf[Land](text, landNames, "land")
	return err
}

// MarshalText gives the name.
func (p Plants) MarshalText() ([]byte, error) { return []byte(plantNames[p]), nil }

// UnmarshalText reads a name.
func (p *Plants) UnmarshalText(text []byte) (err error) {
	*p, err = datasets.ValueOf[Plants](text, plantNames, "plants")
	return err
}

// MarshalText gives the name.
func (p Prop) MarshalText() ([]byte, error) { return []byte(propNames[p]), nil }

// UnmarshalText reads a name.
func (p *Prop) UnmarshalText(text []byte) (err error) {
	*p, err = datasets.ValueOf[Prop](text, propNames, "prop")
	return err
}
