package baselines_test

import (
	"math"
	"strings"
	"testing"

	"otherwise/baselines"
	"otherwise/internal/toy"
)

func TestBadOptions(t *testing.T) {
	m := models(t)
	made := func(_ any, err error) error { return err }
	for word, err := range map[string]error{
		"strength":          made(baselines.NewDVCE(m, baselines.DVCEOptions{Strength: new(1.5)})),
		"p is":              made(baselines.NewDVCE(m, baselines.DVCEOptions{P: 0.5})),
		"alpha":             made(baselines.NewDVCE(m, baselines.DVCEOptions{Alpha: new(90.0)})),
		"augmentations":     made(baselines.NewDVCE(m, baselines.DVCEOptions{Augmentations: -1})),
		"robust classifier": made(baselines.NewDVCE(m, baselines.DVCEOptions{Robust: toy.Models(t, goldens, toy.Options{Binary: true}).Classifier})),
		"above 1":           made(baselines.NewSVCE(m, baselines.SVCEOptions{P: 1})),
		"momentum":          made(baselines.NewSVCE(m, baselines.SVCEOptions{Momentum: 1})),
		"below steps":       made(baselines.NewDiME(m, baselines.DiMEOptions{Steps: 10, Tau: 10})),
		"perceptual_layer":  made(baselines.NewDiME(m, baselines.DiMEOptions{PerceptualLayer: "fc"})),
		"lambda_c":          made(baselines.NewDiME(m, baselines.DiMEOptions{LambdaC: []float64{math.Inf(1)}})),
		"tau":               made(baselines.NewACE(m, baselines.ACEOptions{Tau: new(26)})),
		"variable":          made(baselines.NewACE(m, baselines.ACEOptions{Variable: "sound"})),
		"dilation":          made(baselines.NewACE(m, baselines.ACEOptions{Dilation: 4})),
		"rule":              made(baselines.NewACE(m, baselines.ACEOptions{Rule: "golden"})),
		"warmup":            made(baselines.NewFastDiME(m, baselines.FastDiMEOptions{Warmup: new(-1)})),
		"growth":            made(baselines.NewMaskDiME(m, baselines.MaskDiMEOptions{Growth: 2})),
		"outer_share":       made(baselines.NewMaskDiME(m, baselines.MaskDiMEOptions{OuterShare: new(1.5)})),
		"norm":              made(baselines.NewPGD(m, baselines.PGDOptions{Norm: "l7"})),
		"radius":            made(baselines.NewPGD(m, baselines.PGDOptions{Radius: new(-1.0)})),
		"skip":              made(baselines.NewBLD(m, baselines.BLDOptions{Skip: new(1.0)})),
		"blend":             made(baselines.NewBLD(m, baselines.BLDOptions{Blend: "stir"})),
		"there is none":     made(baselines.NewBLD(m, baselines.BLDOptions{Mask: "given"})),
	} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}
