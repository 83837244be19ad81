package classify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// published makes the architectures at the sizes of their published weights.
var published = map[string]func() Model{
	"vgg16":             func() Model { return vgg16(false) },
	"vgg16_bn":          func() Model { return vgg16(true) },
	"resnet18":          func() Model { return resNet(basicBlock, 2, 2, 2, 2) },
	"resnet34":          func() Model { return resNet(basicBlock, 3, 4, 6, 3) },
	"resnet50":          func() Model { return resNet(bottleneck, 3, 4, 6, 3) },
	"resnet101":         func() Model { return resNet(bottleneck, 3, 4, 23, 3) },
	"resnet20_cifar":    func() Model { return resNet20() },
	"densenet121":       func() Model { return denseNet121() },
	"celebahq_densenet": func() Model { return celebAHQ() },
	"dino_vits8":        func() Model { return dinoViTS8() },
	"dinov2_vits14":     func() Model { return dinoV2ViTS14() },
	"open_clip_vitb32":  func() Model { return openCLIPViTB32() },
	"swin_t":            func() Model { return swinT() },

	"efficientnet-lite0": func() Model { return efficientNetLite(1.0, 1.0, 224) },
	"efficientnet-lite1": func() Model { return efficientNetLite(1.0, 1.1, 240) },
	"efficientnet-lite2": func() Model { return efficientNetLite(1.1, 1.2, 260) },
	"efficientnet-lite3": func() Model { return efficientNetLite(1.2, 1.4, 280) },
	"efficientnet-lite4": func() Model { return efficientNetLite(1.4, 1.8, 300) },

	"inception_fid":     func() Model { return inceptionFID() },
	"simsiam_resnet50":  func() Model { return simSiamResNet50() },
	"vggface2_resnet50": func() Model { return vggFace2() },
}

// Architectures lists the names that [FromConfig] knows, in order.
func Architectures() []string { return slices.Sorted(maps.Keys(published)) }

// FromConfig returns an architecture of the size of its published weights, but for what the JSON object config says otherwise;
// config may be empty. A field "architecture" may repeat the name. Unknown fields are errors.
func FromConfig(architecture string, config []byte) (Model, error) {
	make, known := published[architecture]
	if !known {
		return nil, fmt.Errorf("unknown architecture %q; known are %s", architecture, strings.Join(Architectures(), ", "))
	}
	model := make()
	if len(config) > 0 {
		if err := decode(config, architecture, model); err != nil {
			return nil, fmt.Errorf("configuration of %s: %w", architecture, err)
		}
	}
	if err := model.Validate(); err != nil {
		return nil, fmt.Errorf("configuration of %s: %w", architecture, err)
	}
	return model, nil
}

// decode sets the model's fields that the configuration names.
func decode(config []byte, architecture string, model Model) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil {
		return err
	}
	if raw, named := fields["architecture"]; named {
		var name string
		if err := json.Unmarshal(raw, &name); err != nil || name != architecture {
			return fmt.Errorf("it is of the architecture %s", raw)
		}
		delete(fields, "architecture")
		var err error
		if config, err = json.Marshal(fields); err != nil {
			return err
		}
	}
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	return d.Decode(model)
}
