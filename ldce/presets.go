package ldce

import (
	"fmt"
	"maps"
	"slices"
)

// preset is a row of the table in SPEC-LDCE section 4: degrees, respaced steps of 500, and the weights of the two terms.
type preset struct {
	gamma            float64
	steps            int
	lambdaC, lambdaD float64
	scale            float64
	guidance         string
}

const (
	paperScale = 2 // the paper's eta
	codeScale  = 3 // every configuration of the public code
)

// presets are the settings of the data sets: the paper's under the data set's name, and those of the public code beside them, by
// its configuration files and by what its README sets.
var presets = map[string]preset{
	"imagenet-cls":        {45, 191, 2.3, 0.3, paperScale, GuidanceConsensus},
	"imagenet-cls/code":   {45, 191, 2.3, 0.3, codeScale, GuidanceConsensus},
	"imagenet-pairs/code": {40, 171, 2.0, 0.25, codeScale, GuidanceConsensus}, // table 2; the paper gives no values
	"imagenet-txt":        {50, 191, 3.95, 1.2, paperScale, GuidanceConsensus},
	"imagenet-txt/code":   {45, 191, 3.4, 1.2, codeScale, GuidanceConsensus},
	"imagenet-txt/readme": {50, 191, 3.95, 1.2, codeScale, GuidanceConsensus},
	"celebahq":            {90, 160, 3.95, 3.5, paperScale, GuidanceConsensus},
	"celebahq/code":       {35, 251, 0.5, 0.25, codeScale, GuidanceFree},
	"celebahq/readme":     {55, 251, 4.0, 3.3, codeScale, GuidanceConsensus}, // the strength is the configuration's
	"flowers102":          {45, 250, 3.4, 1.2, paperScale, GuidanceConsensus},
	"flowers102/code":     {45, 250, 3.4, 1.2, codeScale, GuidanceConsensus},
	"pets":                {45, 191, 4.2, 2.4, paperScale, GuidanceConsensus},
	"pets/code":           {45, 191, 3.4, 1.2, codeScale, GuidanceConsensus},
	"pets/readme":         {45, 191, 4.2, 2.4, codeScale, GuidanceConsensus},
}

// PresetNames lists the presets.
func PresetNames() []string { return slices.Sorted(maps.Keys(presets)) }

// Preset returns the options of a data set: the paper's (imagenet-cls, imagenet-txt, celebahq, flowers102, pets), or, with /code or
// /readme behind the name, those of the public code, which differ.
func Preset(name string) (Options, error) {
	p, found := presets[name]
	if !found {
		return Options{}, fmt.Errorf("ldce: no preset %q; legal are %q", name, PresetNames())
	}
	const ddimSteps = 500
	return Options{DDIMSteps: ddimSteps, Strength: new((float64(p.steps) + 0.5) / ddimSteps), GuidanceScale: &p.scale, LambdaC: &p.lambdaC,
		LambdaD: &p.lambdaD, Gamma: &p.gamma, Guidance: p.guidance}, nil
}
