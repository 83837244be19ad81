package counterfactual

// What the map shows that a method cuts its mask from.
const (
	RegionActivation = "activation" // what speaks for the class that the classifier gives the picture (ECED's paper)
	RegionDiffEdit   = "diffedit"   // where the diffusion model would draw the target class otherwise (ours)
)
