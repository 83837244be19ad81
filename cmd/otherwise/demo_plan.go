package main

import (
	"fmt"
	"reflect"
	"slices"

	"otherwise/bundle"
)

// demoPair asks: of a picture of one class, what would make it one of the other?
type demoPair struct{ from, to string }

// demoGroup are pairs for one classifier, and the data set that has the pictures.
type demoGroup struct {
	models  bundleFlags
	dataset string
	pairs   []demoPair
}

// demoPlan is what a demo shows.
type demoPlan struct {
	title, note string
	usual       int // how many pictures are explained where nothing is said
	groups      []demoGroup
}

// demoWorlds is the demo of the procedural worlds, whose true counterfactuals are known.
const demoWorlds = "worlds"

// demoPlans are the demos there are: of the worlds whose bundles are part of the program, and of Fashion-MNIST.
func demoPlans() map[string]demoPlan {
	return map[string]demoPlan{demoWorlds: worldsPlan("savanna", "faces").of(bundle.Names()), "fashion": {
		title: "Otherwise: what would make it another garment?", usual: 6,
		note: "Test pictures of Fashion-MNIST, the first of each class that the classifier gets right, explained with both methods.",
		groups: []demoGroup{{models: bundleFlags{name: "fashion"}, dataset: "fashion", pairs: []demoPair{
			{"Ankle boot", "Sneaker"}, {"Coat", "Pullover"}, {"Dress", "T-shirt/top"}, {"Sandal", "Sneaker"}, {"Shirt", "T-shirt/top"}, {"Pullover", "Coat"}}}},
	}}
}

// worldsPlan is the demo of two worlds with the bundles of the given names or folders.
func worldsPlan(savanna, portraits string) demoPlan {
	return demoPlan{
		title: "Otherwise: what would make it something else?", usual: 5,
		note: "Pictures of drawn worlds, each the first test picture of its class that the classifier gets right, explained with both " +
			"methods. Beside what they found stands the true counterfactual: the same scene, drawn with the other class.",
		groups: []demoGroup{
			{models: bundleFlags{name: savanna}, dataset: "savanna", pairs: []demoPair{{"zebra", "sorrel"}, {"cougar", "cheetah"}, {"Egyptian cat", "Persian cat"}}},
			{models: bundleFlags{name: portraits}, dataset: "faces", pairs: []demoPair{{"not smiling", "smiling"}}},
			{models: bundleFlags{name: portraits, task: "Young"}, dataset: "faces", pairs: []demoPair{{"young", "old"}}},
			{models: bundleFlags{name: savanna}, dataset: "savanna", pairs: []demoPair{{"sorrel", "zebra"}, {"cheetah", "cougar"}, {"Persian cat", "Egyptian cat"}}},
			{models: bundleFlags{name: portraits}, dataset: "faces", pairs: []demoPair{{"smiling", "not smiling"}}},
			{models: bundleFlags{name: portraits, task: "Young"}, dataset: "faces", pairs: []demoPair{{"old", "young"}}},
		},
	}
}

// of leaves out the groups whose bundles aren't among those named.
func (p demoPlan) of(bundles []string) demoPlan {
	p.groups = slices.DeleteFunc(slices.Clone(p.groups), func(g demoGroup) bool { return !slices.Contains(bundles, g.models.name) })
	p.usual = min(p.usual, p.size())
	return p
}

// size is the number of pairs.
func (p demoPlan) size() int {
	n := 0
	for _, g := range p.groups {
		n += len(g.pairs)
	}
	return n
}

// first cuts the plan to its first n pairs; groups of the same models and data become one, so that those are opened once.
func (p demoPlan) first(n int) (demoPlan, error) {
	if n < 1 || n > p.size() {
		return p, &usageError{fmt.Errorf("--count is %d; legal is 1 to %d", n, p.size())}
	}
	var groups []demoGroup
	for _, g := range p.groups {
		g.pairs = g.pairs[:min(n, len(g.pairs))]
		n -= len(g.pairs)
		if at := slices.IndexFunc(groups, func(o demoGroup) bool { return reflect.DeepEqual(o.models, g.models) && o.dataset == g.dataset }); at >= 0 {
			groups[at].pairs = append(slices.Clip(groups[at].pairs), g.pairs...)
		} else if len(g.pairs) > 0 {
			groups = append(groups, g)
		}
	}
	p.groups = groups
	return p, nil
}
