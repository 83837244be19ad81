package bundle

import (
	"encoding/json"
	"fmt"

	"otherwise/ldce"
)

// presetKey is the field of LDCE's overrides that names one of [ldce.PresetNames].
const presetKey = "preset"

// withPresets puts a preset's values where overrides name one: over what comes before, under the other fields of the same object.
func withPresets(overrides [][]byte) ([][]byte, error) {
	var all [][]byte
	for _, override := range overrides {
		fields := map[string]json.RawMessage{}
		if len(override) == 0 || json.Unmarshal(override, &fields) != nil || fields[presetKey] == nil {
			all = append(all, override) // what is no JSON object is refused with the other options
			continue
		}
		var name string
		if err := json.Unmarshal(fields[presetKey], &name); err != nil {
			return nil, fmt.Errorf("options of ldce: preset is %s; a name is wanted, such as %q", fields[presetKey], ldce.PresetNames()[0])
		}
		o, err := ldce.Preset(name)
		if err != nil {
			return nil, err
		}
		values, err := json.Marshal(map[string]any{"ddim_steps": o.DDIMSteps, "strength": o.Strength, "guidance_scale": o.GuidanceScale,
			"lambda_c": o.LambdaC, "lambda_d": o.LambdaD, "gamma": o.Gamma, "guidance": o.Guidance})
		if err != nil {
			return nil, err
		}
		delete(fields, presetKey)
		rest, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		all = append(all, values, rest)
	}
	return all, nil
}
