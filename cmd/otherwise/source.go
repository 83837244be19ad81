package main

import (
	"context"
	"fmt"
	"image"
	"image/color"

	"github.com/spf13/cobra"

	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/picture"
)

// source is where the picture to work on comes from: a file, or a sample of a data set.
type source struct {
	file, invert         string
	dataset, data, split string
	index                int
}

// picked is a picture that a source gave.
type picked struct {
	image    image.Image
	id       string            // the file's name, or the sample's ID
	label    string            // the sample's class; empty for a file
	set      datasets.Labelled // that the sample is of; nil for a file
	invert   string            // what to do about negatives, for a file
	inverted bool              // whether that was done
}

func (s *source) addFlags(cmd *cobra.Command) {
	s.invert, s.split = "auto", string(datasets.Test)
	f := cmd.Flags()
	f.StringVar(&s.file, "image", "", "picture `FILE`: PNG, JPEG, GIF or WebP; see-through parts become white")
	addChoice(cmd, &s.invert, "invert", "take the negative of --image; auto: for models of grey pictures on black, where its border is bright", "auto", "yes", "no")
	addDataset(cmd, &s.dataset)
	f.IntVar(&s.index, "index", 0, "number of the data set's picture, from 0")
	addChoice(cmd, &s.split, "split", "part of the data set", string(datasets.Test), string(datasets.Train))
	f.StringVar(&s.data, "data", "", dataFlag)
	cmd.MarkFlagsOneRequired("image", "dataset")
	cmd.MarkFlagsMutuallyExclusive("image", "dataset")
	cmd.MarkFlagsRequiredTogether("dataset", "index")
}

// read gets the picture, labelled for the task of the models that are to see it.
func (s *source) read(ctx context.Context, models bundleFlags) (*picked, error) {
	if s.file != "" {
		return s.open()
	}
	w, err := models.world()
	if err != nil {
		return nil, err
	}
	set, err := openDataset(ctx, s.dataset, s.data, datasets.Split(s.split), w, nil)
	if err != nil {
		return nil, err
	}
	sample, err := set.Sample(s.index)
	if err != nil {
		return nil, err
	}
	return &picked{image: sample.Image, id: sample.ID, label: set.Classes()[sample.Label], set: set}, nil
}

func (s *source) open() (*picked, error) {
	img, err := picture.Open(s.file, picture.Options{Background: color.White})
	if err != nil {
		return nil, fmt.Errorf("reading the picture: %w", err)
	}
	return &picked{image: img, id: s.file, invert: s.invert}, nil
}

// fit puts the picture into the form that a bundle's models take, as its negative where the user or the picture says so.
func (p *picked) fit(b *bench) (counterfactual.Picture, error) {
	switch {
	case p.invert == "auto" && b.Frame.Channels == 1:
		p.image, p.inverted = picture.InvertIfBrightBorder(p.image)
	case p.invert == "yes":
		p.image, p.inverted = negative{p.image}, true
	}
	return b.Picture(p.image)
}

// negative shows an opaque picture's negative.
type negative struct{ image.Image }

func (n negative) ColorModel() color.Model { return color.RGBA64Model }

func (n negative) At(x, y int) color.Color {
	r, g, b, _ := n.Image.At(x, y).RGBA()
	return color.RGBA64{R: 0xffff - uint16(r), G: 0xffff - uint16(g), B: 0xffff - uint16(b), A: 0xffff}
}

// String describes the picture for the user.
func (p *picked) String() string {
	text := p.id
	if p.label != "" {
		text += fmt.Sprintf(", labelled %q", p.label)
	}
	if p.inverted {
		text += ", taken as its negative (--invert)"
	}
	return text
}
