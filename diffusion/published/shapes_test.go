package published

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"otherwise/diffusion"
	"otherwise/internal/golden"
)

// TestNetworksAskForThePublishedTensors builds the networks of full size from their configurations, and compares the names and
// shapes of their parameters with those that diffusers and transformers have.
func TestNetworksAskForThePublishedTensors(t *testing.T) {
	var networks map[string]struct {
		Class  string           `json:"class"`
		Config json.RawMessage  `json:"config"`
		Shapes map[string][]int `json:"shapes"`
	}
	readGzipped(t, "testdata/shapes.json.gz", &networks)
	if len(networks) != 8 {
		t.Fatalf("there are %d networks", len(networks))
	}
	for name, n := range networks {
		w, err := weightsOfClass(n.Class, n.Config)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := w.shapes(golden.Backend(t))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := map[string][]int{}
		for published, shape := range n.Shapes {
			if renamed, keep := w.names(published); keep {
				want[renamed] = shape
			}
		}
		if !maps.EqualFunc(got, want, slices.Equal[[]int]) {
			t.Errorf("%s: the %d parameters are not the %d published tensors", name, len(got), len(want))
		}
	}
}

func weightsOfClass(class string, config []byte) (Weights, error) {
	switch class {
	case "UNet2DConditionModel":
		u, err := diffusion.ParseUNet(config)
		return unetWeights(u, "", unchanged), err
	case "CLIPTextModel":
		e, err := diffusion.ParseTextEncoder(config)
		return textWeights(e, "", textNames), err
	}
	a, pictureChannels, err := parseAutoencoder(config)
	if err != nil {
		return Weights{}, err
	}
	return autoencoderWeights(a, pictureChannels, "", diffusersAutoencoder), nil
}
