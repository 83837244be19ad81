package classify_test

import (
	"encoding/json"
	"strings"
	"testing"

	"otherwise/classify"
)

func TestConfigurationsThatCannotBeBuilt(t *testing.T) {
	for _, c := range []struct{ architecture, config, want string }{
		{"resnet51", ``, "resnet50"},
		{"resnet50", `{"classe": 3}`, "classe"},
		{"resnet50", `{"classes": 3} {}`, "after top-level value"},
		{"resnet50", `[]`, "resnet50"},
		{"resnet50", `{"architecture": "vgg16"}`, "vgg16"},
		{"resnet50", `{"layers": [1]}`, "one of each"},
		{"resnet50", `{"layers": [1, 2, 0, 1]}`, "stage 3"},
		{"resnet50", `{"block": "wide"}`, "basic"},
		{"resnet50", `{"stem": "none"}`, "cifar"},
		{"resnet50", `{"classes": 0}`, "classes"},
		{"vgg16", `{"cfg": ["P"]}`, `"M"`},
		{"vgg16", `{"cfg": ["M", 8]}`, "begin with a number"},
		{"densenet121", `{"growth_rate": 0}`, "growth_rate"},
		{"densenet121", `{"block_config": [6, 0]}`, "block 2"},
		{"celebahq_densenet", `{"attribute": 3}`, "0 to 2"},
		{"dino_vits8", `{"heads": 5}`, "multiple of heads"},
		{"dino_vits8", `{"n_last_blocks": 13}`, "1 to 12"},
		{"dinov2_vits14", `{"img": 13}`, "at least one patch"},
		{"open_clip_vitb32", `{"vision_cfg": {"width": 100}}`, "head_width"},
		{"open_clip_vitb32", `{"text_cfg": {"heads": 7}}`, "text_cfg"},
		{"swin_t", `{"depths": [2, 2]}`, "every stage"},
		{"swin_t", `{"num_heads": [3, 6, 12, 23]}`, "stage 4"},
		{"inception_fid", `{"classes": 0}`, "classes"},
		{"simsiam_resnet50", `{"pred_dim": 0}`, "pred_dim"},
		{"resnet50", `{"preprocess": {"resize": -1}}`, "0 to 4096"},
		{"resnet50", `{"preprocess": {"square": true, "resize": 0}}`, "square"},
		{"resnet50", `{"preprocess": {"interpolation": "nearest"}}`, "bilinear"},
		{"resnet50", `{"preprocess": {"mean": [0.5]}}`, "3 each"},
		{"resnet50", `{"preprocess": {"std": [1, 0, 1]}}`, "positive"},
	} {
		if _, err := classify.FromConfig(c.architecture, []byte(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: error %v, wanted one that says %q", c.architecture, c.config, err, c.want)
		}
	}
}

// What a model's configuration says can be stored and read again.
func TestConfigurationsSurviveJSON(t *testing.T) {
	for _, architecture := range classify.Architectures() {
		m, err := classify.FromConfig(architecture, nil)
		if err != nil {
			t.Fatal(err)
		}
		first, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := classify.FromConfig(architecture, first)
		if err != nil {
			t.Fatalf("%s: %v", architecture, err)
		}
		second, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if string(first) != string(second) {
			t.Errorf("%s became %s", first, second)
		}
		if _, classifies := m.(classify.Network); !classifies {
			if _, encodes := m.(classify.Encoder); !encodes {
				t.Errorf("%s neither classifies nor encodes", architecture)
			}
		}
	}
}

// The layer names of the papers are there.
func TestLayersOfThePapers(t *testing.T) {
	for architecture, layer := range map[string]string{"vgg16": "features_29", "resnet50": "layer4_bottleneck1", "resnet18": "layer4_basicblock1",
		"densenet121": "features", "vgg16_bn": "features_42", "swin_t": "features_7_1", "dino_vits8": "blocks_11_norm1"} {
		m, err := classify.FromConfig(architecture, nil)
		if err != nil {
			t.Fatal(err)
		}
		layers := m.(classify.Network).Layers()
		if !strings.Contains(" "+strings.Join(layers, " ")+" ", " "+layer+" ") {
			t.Errorf("%s has no layer %s, but %q", architecture, layer, layers)
		}
	}
}
