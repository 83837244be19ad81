package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func newClassify() *cobra.Command {
	var from source
	var models bundleFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "classify",
		GroupID: groupExplain,
		Short:   "Print what the classifier says of a picture",
		Long: `Prints the probability that a bundle's classifier gives each class of a picture, and beside it that of the judge, a
second classifier trained apart from the first, which confirms counterfactuals.`,
		Example: `  otherwise classify --dataset fashion --index 17
  otherwise classify --image boot.jpg
  otherwise classify --bundle models/fashion/bundle --image boot.jpg --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := classifyPicture(cmd.Context(), models, &from)
			if err != nil {
				return err
			}
			if asJSON {
				return c.writeJSON(cmd.OutOrStdout())
			}
			return c.writeTable(cmd.OutOrStdout())
		},
	}
	models.addFlags(cmd)
	from.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// classification is what `otherwise classify` says, the likeliest class first.
type classification struct {
	Picture  string        `json:"picture"`
	Label    string        `json:"label,omitempty"`
	Inverted bool          `json:"inverted"`
	Bundle   string        `json:"bundle"`
	Classes  []probability `json:"classes"`

	title string
}

type probability struct {
	Class      string   `json:"class"`
	Classifier float64  `json:"classifier"`
	Judge      *float64 `json:"judge,omitempty"` // nil where the bundle has no judge
}

func classifyPicture(ctx context.Context, models bundleFlags, from *source) (*classification, error) {
	models = models.of(from.dataset)
	picked, err := from.read(ctx, models)
	if err != nil {
		return nil, err
	}
	b, err := openBench(ctx, models)
	if err != nil {
		return nil, err
	}
	defer b.close()
	pic, err := picked.fit(b)
	if err != nil {
		return nil, err
	}
	classifier, err := b.classifier.Probabilities(pic)
	if err != nil {
		return nil, err
	}
	judge := [][]float64{nil}
	if b.judge != nil {
		if judge, err = b.judge.Probabilities(pic); err != nil {
			return nil, fmt.Errorf("asking the judge: %w", err)
		}
	}
	c := &classification{Picture: picked.id, Label: picked.label, Inverted: picked.inverted, Bundle: b.Name, title: picked.String()}
	for i, class := range b.Classes {
		p := probability{Class: class, Classifier: classifier[0][i]}
		if judge[0] != nil {
			p.Judge = &judge[0][i]
		}
		c.Classes = append(c.Classes, p)
	}
	slices.SortStableFunc(c.Classes, func(x, y probability) int { return cmp.Compare(y.Classifier, x.Classifier) })
	return c, nil
}

func (c *classification) writeJSON(w io.Writer) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

func (c *classification) writeTable(w io.Writer) error {
	fmt.Fprintf(w, "%s\n", c.title)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "classifier\tjudge\t \n")
	for _, p := range c.Classes {
		judge := "-"
		if p.Judge != nil {
			judge = fmt.Sprintf("%.4f", *p.Judge)
		}
		fmt.Fprintf(table, "%.4f\t%s\t %s\n", p.Classifier, judge, p.Class)
	}
	return table.Flush()
}
