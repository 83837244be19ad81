package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/nn"
	"otherwise/weights"
)

const encoderHelp = `whose features tell how similar pictures are: encoder, for the bundle's own, fitted without labels; judge or classifier, ` +
	"for what those networks' heads see; or `ARCHITECTURE=FILE`, for example simsiam_resnet50=checkpoint_0099.pth.tar, for published weights (default: the first of these that the bundle has)"

// addEncoder gives a command the flag --encoder.
func addEncoder(cmd *cobra.Command, value *string) {
	cmd.Flags().StringVar(value, "encoder", "", encoderHelp)
	complete(cmd, "encoder", cobra.FixedCompletions([]string{bundle.NetEncoder, bundle.NetJudge, bundle.NetClassifier}, cobra.ShellCompDirectiveDefault))
}

// embedder opens the encoder that --encoder names; name is what it is called in tables. Where none is named and the bundle's
// networks give no features, embedder is nil.
func (b *bench) embedder(encoder string) (embedder *counterfactual.Embedder, name string, err error) {
	if architecture, file, published := strings.Cut(encoder, "="); published {
		embedder, err := b.publishedEncoder(architecture, file)
		return embedder, architecture, err
	}
	switch encoder {
	case "", bundle.NetEncoder, bundle.NetJudge, bundle.NetClassifier:
	default:
		return nil, "", &usageError{fmt.Errorf("--encoder is %q; legal are encoder, judge, classifier and ARCHITECTURE=FILE", encoder)}
	}
	asked := func(name string) bool { return encoder == "" || encoder == name }
	if asked(bundle.NetEncoder) && b.Encoder != nil {
		return b.Embedder(), bundle.NetEncoder, nil
	}
	network, name := b.Models.Classifier, bundle.NetClassifier
	switch {
	case asked(bundle.NetJudge) && b.Judge != nil:
		network, name = b.Judge, bundle.NetJudge
	case encoder == bundle.NetEncoder, encoder == bundle.NetJudge:
		return nil, "", &usageError{fmt.Errorf("--encoder %s: the bundle %s has none; name another, or ARCHITECTURE=FILE", encoder, b.Name)}
	}
	if e, gives := network.Network.(classify.Encoder); gives {
		return counterfactual.NewEmbedder(b.backend, e, network.Params), name, nil
	}
	if encoder == "" {
		return nil, "", nil
	}
	return nil, "", fmt.Errorf("--encoder %s: that network's architecture gives no features; name another encoder by ARCHITECTURE=FILE", encoder)
}

// publishedEncoder reads an encoder's published weights.
func (b *bench) publishedEncoder(architecture, file string) (*counterfactual.Embedder, error) {
	if !slices.Contains(classify.Architectures(), architecture) {
		return nil, &usageError{fmt.Errorf("--encoder: unknown architecture %q; known are %s", architecture, strings.Join(classify.Architectures(), ", "))}
	}
	model, err := classify.FromConfig(architecture, nil)
	if err != nil {
		return nil, err
	}
	encoder, gives := model.(classify.Encoder)
	if !gives {
		return nil, &usageError{fmt.Errorf("--encoder: %s gives no features to compare pictures by", architecture)}
	}
	source, err := weights.OpenCheckpoint(file)
	if err != nil {
		return nil, fmt.Errorf("--encoder: %w", err)
	}
	defer source.Close()
	params, err := classify.Load(b.backend, model, nn.LoadOptions{Backend: b.backend}, source)
	if err != nil {
		return nil, fmt.Errorf("--encoder: %s: %w", file, err)
	}
	return counterfactual.NewEmbedder(b.backend, encoder, params), nil
}
