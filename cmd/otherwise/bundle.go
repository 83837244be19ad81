package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"otherwise/bundle"
	"otherwise/weights/hub"
)

// newBundle holds the commands about bundles.
func newBundle() *cobra.Command {
	return family(&cobra.Command{
		Use:     "bundle",
		GroupID: groupModels,
		Short:   "List, show, check and add sets of models",
		Long: `A bundle is what an explanation needs: a diffusion model, a classifier, the names of the classes and the methods'
options. It is a folder that the training commands made, or one TOML file that names published weights: a recipe. This program
has recipes for the papers' settings; their weights are to be had from their makers.

Files that a recipe names by a relative path are looked for beside it, in the folders of $` + bundle.ModelsEnv + ` and in "models"
in the cache folder; hf:// references in the cache that the tools of the Hugging Face hub share, and then on the hub.`,
		Example: `  otherwise bundle list
  otherwise bundle check eced-imagenet-vgg16`,
	}, newBundleList(), newBundleShow(), newBundleCheck(), newBundleAdd())
}

// fromHub fetches from the Hugging Face hub with the user's token (HF_TOKEN), unless HF_HUB_OFFLINE forbids it, and says so.
func fromHub(ctx context.Context, progress io.Writer) bundle.Hub {
	return func(model, revision string, files, weightsOf []string) (string, error) {
		o := hub.Options{Revision: revision}
		bar := newDownloads(progress)
		defer bar.finish()
		o.Progress = bar.update
		dir, err := hub.Files(ctx, model, files, o)
		if err != nil {
			return "", err
		}
		for _, folder := range weightsOf {
			if _, err := hub.Weights(ctx, model, folder, o); err != nil {
				return "", err
			}
		}
		return dir, nil
	}
}

// completeBundle offers the names of all bundles.
func completeBundle(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all, _ := bundle.Shelf() // as many as can be had
	var names []string
	for _, kind := range []bundle.Kind{bundle.Embedded, bundle.Added, bundle.Shipped} {
		names = append(names, all[kind]...)
	}
	return names, cobra.ShellCompDirectiveDefault // folders and files too
}

// found says where a part of a recipe is, or what to do about its absence.
func found(f *bundle.Finder, p bundle.Part) string {
	where, err := f.Find(p)
	if err != nil {
		return err.Error()
	}
	if home, err := os.UserHomeDir(); err == nil && home != "/" {
		if rel, err := filepath.Rel(home, where); err == nil && filepath.IsLocal(rel) {
			return path.Join("~", filepath.ToSlash(rel))
		}
	}
	return where
}

// finder looks for a recipe's files on this machine.
func finder(folder string) (*bundle.Finder, error) {
	folders, err := bundle.ModelFolders()
	if err != nil {
		return nil, fmt.Errorf("folders of models: %w", err)
	}
	return &bundle.Finder{Beside: folder, Folders: folders}, nil
}
