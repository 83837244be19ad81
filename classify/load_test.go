package classify_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"

	"otherwise/classify"
	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

func source(t *testing.T, p *nn.Params) weights.Source {
	t.Helper()
	exported, err := p.Export(weights.F32)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := weights.Marshal(exported, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Every tensor that is missing, left over or of another shape is named in one error.
func TestLoadListsAllDifferences(t *testing.T) {
	m := model(t, "resnet20_cifar", `{"inplanes": 4, "planes": [4, 6, 8], "layers": [2, 2, 2], "classes": 5}`)
	p := load(t, m, golden.Open(t, "testdata/resnet20_cifar.safetensors"))
	broken := p.Subset(func(name string) bool { return name != "conv1.weight" && name != "layer1.0.bn1.bias" })
	broken.Set("fc.bias", tensors.FromFlatDataAndDimensions(make([]float32, 7), 7))
	broken.Set("fc.scale", tensors.FromFlatDataAndDimensions(make([]float32, 2), 2))
	_, err := classify.Load(golden.Backend(t), m, nn.LoadOptions{}, source(t, broken))
	var differs *weights.MismatchError
	if !errors.As(err, &differs) {
		t.Fatalf("broken weights gave error %v", err)
	}
	want := weights.MismatchError{Missing: []string{"conv1.weight", "layer1.0.bn1.bias"}, Extra: []string{"fc.scale"},
		Misshapen: []weights.Misshape{{Name: "fc.bias", Found: []int{7}, Wanted: []int{5}}}}
	if diff := cmp.Diff(want, *differs); diff != "" {
		t.Error(diff)
	}
	if _, err := classify.Load(golden.Backend(t), m, nn.LoadOptions{}, source(t, p), source(t, p)); err == nil || !strings.Contains(err.Error(), "in more than one of the files") {
		t.Errorf("the same tensors twice: %v", err)
	}
}

func TestOldAndWrappedNames(t *testing.T) {
	for _, c := range []struct{ architecture, published, name string }{
		{"densenet121", "features.denseblock1.denselayer12.norm.1.weight", "features.denseblock1.denselayer12.norm1.weight"},
		{"densenet121", "features.denseblock1.denselayer2.conv.2.weight", "features.denseblock1.denselayer2.conv2.weight"},
		{"densenet121", "features.transition1.norm.weight", "features.transition1.norm.weight"},
		{"celebahq_densenet", "model_state_dict.feat_extract.feat_extract.features.conv0.weight", "features.conv0.weight"},
		{"celebahq_densenet", "model_state_dict.classifier.bias", "classifier.bias"},
		{"simsiam_resnet50", "module.encoder.fc.6.bias", "encoder.fc.6.bias"},
		{"simsiam_resnet50", "state_dict.module.predictor.3.weight", "predictor.3.weight"},
		{"resnet50", "bn1.num_batches_tracked", ""},
		{"open_clip_vitb32", "logit_scale", ""},
		{"dino_vits8", "head.mlp.0.weight", ""},
		{"dinov2_vits14", "mask_token", ""},
		{"swin_t", "features.1.0.attn.relative_position_index", ""},
	} {
		name, read := model(t, c.architecture, "").Published(c.published)
		if read != (c.name != "") || read && name != c.name {
			t.Errorf("%s: %s became %q, %t", c.architecture, c.published, name, read)
		}
	}
}

func TestAddClassesRefuses(t *testing.T) {
	m := model(t, "open_clip_vitb32", "").(*classify.OpenCLIP)
	short := func(string) ([]int32, error) { return []int32{1}, nil }
	for want, call := range map[string]func() error{
		"one of each": func() error { return m.AddClasses(golden.Backend(t), nn.NewParams(), nil, []string{"{}"}, short) },
		"no {}": func() error {
			return m.AddClasses(golden.Backend(t), nn.NewParams(), []string{"cat"}, []string{"a cat"}, short)
		},
		"wanted are 77": func() error {
			return m.AddClasses(golden.Backend(t), nn.NewParams(), []string{"cat"}, []string{"a {}"}, short)
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error that says %q, got %v", want, err)
		}
	}
}
