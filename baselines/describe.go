package baselines

import "fmt"

// Names of the methods, as options and command lines have them.
const (
	NameDVCE      = "dvce"
	NameSVCE      = "svce"
	NameDiME      = "dime"
	NameACE       = "ace"
	NameLatentPGD = "latent-pgd"
	NameFastDiME  = "fastdime"
	NameMaskDiME  = "maskdime"
	NamePGD       = "pgd"
	NameBLD       = "bld"
)

// Description says what a method may be called.
type Description struct {
	Name  string
	Title string // the honest name: what stands above results and in tables
	Note  string // what must be known before its results are read
}

// LatentNote is what must be known of every pixel-space method that runs on a latent diffusion model.
const LatentNote = "re-implementation on a latent diffusion model; not comparable with published numbers; settings re-tuned for latents"

// Descriptions lists the methods of this package, titled as they are with an ordinary classifier alone. With a robust one, which DVCE's
// cone needs beside the classifier and SVCE in its place, both have the titles of their methods.
func Descriptions() []Description {
	return []Description{
		{NameDVCE, "DVCE-style, latent, without cone", LatentNote},
		{NameSVCE, "SVCE on an ordinary classifier: adversarial attack", "a counterfactual method only with an adversarially robust classifier; no generative model"},
		{NameDiME, "DiME-style, latent", LatentNote},
		{NameACE, "ACE-style, latent", LatentNote},
		{NameFastDiME, "FastDiME-style, latent", LatentNote},
		{NameMaskDiME, "MaskDiME-style, latent", LatentNote},
		{NameBLD, "BLD editing (mask + prompt)", "an editor: no classifier in the loop, no closeness; shows what the generator alone does"},
		{NameLatentPGD, "latent PGD: adversarial example (control), not a counterfactual", "the attack of ACE without diffusion"},
		{NamePGD, "PGD: adversarial example (control), not a counterfactual", "no generative model"},
	}
}

// Describe finds a method's description by its name.
func Describe(name string) (Description, error) {
	var names []string
	for _, d := range Descriptions() {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return Description{}, fmt.Errorf("no baseline %q; legal are %q", name, names)
}
