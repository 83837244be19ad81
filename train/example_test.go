package train_test

import (
	"fmt"

	"otherwise/kernel"
	"otherwise/train"
)

// What `otherwise train` fits for a data set: the sizes of its runs stand in a recipe, and so do its networks.
func ExampleRecipeOf() {
	recipe := kernel.Must(train.RecipeOf("savanna"))
	fmt.Println(recipe.Classes)
	fmt.Printf("the autoencoder makes %d values of %d\n",
		recipe.Autoencoder.LatentChannels*(recipe.Frame.Width/recipe.Autoencoder.Factor())*(recipe.Frame.Height/recipe.Autoencoder.Factor()),
		recipe.Frame.Width*recipe.Frame.Height*recipe.Frame.Channels)
	// Output:
	// [zebra sorrel cheetah cougar Egyptian cat Persian cat]
	// the autoencoder makes 3072 values of 49152
}
