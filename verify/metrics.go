package verify

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/metrics"
	"otherwise/nn"
	"otherwise/train"
)

// metricParts check metrics.
var metricParts = []Part{
	{Files: "metrics_images.safetensors", Also: toyFiles, Run: checkImageMetrics},
	{Files: "metrics_features.safetensors", Run: checkFeatureMetrics},
	{Files: "metrics_fid.safetensors", Run: checkFID},
	{Files: "metrics_prdc.safetensors", Run: checkPrecisionRecall},
	{Files: "applications.safetensors", Also: toyFiles, Run: checkApplications},
}

// must ends the check where a computation fails.
func must[T any](c *Check) func(T, error) T {
	return func(v T, err error) T {
		if err != nil {
			c.Fatal(err)
		}
		return v
	}
}

// goldenPictures reads pictures [batch, channels, height, width].
func goldenPictures(c *Check, g *golden.File, name string) []counterfactual.Picture {
	shape := g.Shape(name)
	values := Values(c, g.Tensor(name))
	size := len(values) / shape[0]
	out := make([]counterfactual.Picture, shape[0])
	for i := range out {
		out[i] = counterfactual.Picture{Height: shape[2], Width: shape[3], Channels: shape[1], Values: values[i*size : (i+1)*size]}
	}
	return out
}

// goldenMatrix reads a matrix.
func goldenMatrix(g *golden.File, name string) *mat.Dense {
	values, shape := g.Floats(name)
	return mat.NewDense(shape[0], shape[1], doubles(values))
}

func doubles(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

func ints[T int32 | int64](values []T) []int {
	out := make([]int, len(values))
	for i, v := range values {
		out[i] = int(v)
	}
	return out
}

func checkImageMetrics(c *Check) {
	var about struct {
		Values struct {
			L1, L2        float64
			L15           float64     `json:"L1.5"`
			RowNorm1      []int       `json:"row_norm_p1_truncated"`
			RowNorm2      []int       `json:"row_norm_p2_truncated"`
			Background    []float64   `json:"background_mse"`
			BackgroundCI  []float64   `json:"background_mse_mean_ci95"`
			FlipRatio     float64     `json:"flip_ratio"`
			Predicted     []int       `json:"prediction_cf"`
			COUTCode50    []float64   `json:"cout_code_50"`
			COUTCode10    []float64   `json:"cout_code_10"`
			COUTPaper50   []float64   `json:"cout_paper_50"`
			COUTPaper10   []float64   `json:"cout_paper_10"`
			COUTBinary    []float64   `json:"cout_code_50_binary"`
			CurveFactual  [][]float64 `json:"cout_curve_factual_50"`
			CurveTarget   [][]float64 `json:"cout_curve_counterfactual_50"`
			VQL2          float64     `json:"vq_l2_prequant"`
			VQL2Quantized float64     `json:"vq_l2_quantized"`
		} `json:"values"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	g, want, tolerance := c.Golden(), about.Values, golden.Absolute(about.Tolerance)
	a, b := goldenPictures(c, g, "x_f"), goldenPictures(c, g, "x_cf")
	for i, want := range []float64{want.L1, want.L15, want.L2} {
		p := 1 + float64(i)/2
		c.Number(fmt.Sprintf("L%g", p), must[float64](c)(metrics.Lp(a, b, p)), want, tolerance)
	}
	scaled := func(pictures []counterfactual.Picture) []counterfactual.Picture {
		out := make([]counterfactual.Picture, len(pictures))
		for i, p := range pictures {
			out[i] = p
			out[i].Values = make([]float32, len(p.Values))
			for j, v := range p.Values {
				out[i].Values[j] = 20 * v // as the reference did, so that whole numbers tell something
			}
		}
		return out
	}
	c.Add("row norms, p = 1", golden.Compare(must[[]int](c)(metrics.RowNorms(scaled(a), scaled(b), 1)), want.RowNorm1, golden.Exact()))
	c.Add("row norms, p = 2", golden.Compare(must[[]int](c)(metrics.RowNorms(scaled(a), scaled(b), 2)), want.RowNorm2, golden.Exact()))

	masks := make([]counterfactual.Grid, len(a))
	for i := range masks {
		masks[i] = counterfactual.Grid{Height: a[i].Height, Width: a[i].Width, Channels: 1}
		for _, v := range g.Bytes("mask")[i*a[i].Height*a[i].Width : (i+1)*a[i].Height*a[i].Width] {
			masks[i].Values = append(masks[i].Values, float32(v))
		}
	}
	background := must[[]float64](c)(metrics.BackgroundMSE(a, b, masks))
	c.Numbers("background MSE", background, want.Background, tolerance)
	mean, half := metrics.Interval(background)
	c.Numbers("its mean and 95 % interval", []float64{mean, half}, want.BackgroundCI, tolerance)

	model := c.toyModels(toy.Options{})
	predictor := counterfactual.NewPredictor(model)
	rows := must[[][]float64](c)(predictor.Probabilities(b...))
	predicted := make([]int, len(rows))
	for i, row := range rows {
		predicted[i] = counterfactual.ArgMax(row)
	}
	factual, targets := ints(g.Ints("y_f")), ints(g.Ints("y_cf"))
	c.Add("predictions", golden.Compare(predicted, want.Predicted, golden.Exact()))
	c.Number("flip ratio", must[float64](c)(metrics.FlipRatio(predicted, targets)), want.FlipRatio, golden.Exact())
	c.checkCOUT(predictor, a, b, factual, targets, tolerance, map[string]cout{
		"COUT, code, 50": {metrics.COUTOptions{}, want.COUTCode50}, "COUT, code, 10": {metrics.COUTOptions{Steps: 10}, want.COUTCode10},
		"COUT, paper, 50": {metrics.COUTOptions{Paper: true}, want.COUTPaper50}, "COUT, paper, 10": {metrics.COUTOptions{Steps: 10, Paper: true}, want.COUTPaper10},
	})
	curves := must[[]metrics.COUTCurve](c)(metrics.COUT(a, b, factual, targets, predictor.Probabilities, metrics.COUTOptions{}))
	for i, curve := range curves {
		c.Numbers("COUT curve of picture "+strconv.Itoa(i), append(curve.Factual, curve.Target...),
			append(want.CurveFactual[i], want.CurveTarget[i]...), tolerance)
		mask := metrics.ChangeMask(a[i], b[i])
		c.Numbers("change mask of picture "+strconv.Itoa(i), mask, doubles(Values(c, g.Tensor("change_mask"))[i*len(mask):(i+1)*len(mask)]), tolerance)
	}
	yes := ints(g.Ints("y_bin"))
	no := make([]int, len(yes))
	for i, y := range yes {
		no[i] = 1 - y
	}
	c.checkCOUT(counterfactual.NewPredictor(c.toyModels(toy.Options{Binary: true})), a, b, yes, no, tolerance,
		map[string]cout{"COUT, binary": {metrics.COUTOptions{}, want.COUTBinary}})
	c.checkVQ(model, a, b, want.VQL2, want.VQL2Quantized, tolerance)
}

// cout is a setting of COUT with what it gives.
type cout struct {
	options metrics.COUTOptions
	want    []float64
}

func (c *Check) checkCOUT(p *counterfactual.Predictor, a, b []counterfactual.Picture, factual, targets []int, tolerance golden.Tolerance, cases map[string]cout) {
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		k := cases[name]
		var got []float64
		for _, curve := range must[[]metrics.COUTCurve](c)(metrics.COUT(a, b, factual, targets, p.Probabilities, k.options)) {
			got = append(got, curve.COUT)
		}
		c.Numbers(name, got, k.want, tolerance)
	}
}

// checkVQ checks LDCE's VQ-L2: the L2 distance of encoded pictures, before and after quantisation.
func (c *Check) checkVQ(m counterfactual.Models, a, b []counterfactual.Picture, before, after float64, tolerance golden.Tolerance) {
	program := c.Program(func(nets []nn.Scope, x []*Node) []*Node {
		mean, _ := m.Diffusion.Autoencoder.Encode(nets[0], diffusion.FromUnit(x[0]))
		quantized, _ := toy.Quantize(m, nets[0], mean)
		return []*Node{mean, quantized}
	})
	var latents [2][2][]counterfactual.Picture // before and after; of a and b
	for i, pictures := range [][]counterfactual.Picture{a, b} {
		batch, err := counterfactual.Batch(pictures...)
		if err != nil {
			c.Fatal(err)
		}
		for k, out := range c.Call(program, []*nn.Params{m.Diffusion.AutoencoderParams}, batch) {
			for _, grid := range must[[]counterfactual.Grid](c)(counterfactual.Grids(out)) {
				latents[k][i] = append(latents[k][i], counterfactual.Picture(grid))
			}
		}
	}
	c.Number("VQ-L2", must[float64](c)(metrics.Lp(latents[0][0], latents[0][1], 2)), before, tolerance)
	c.Number("VQ-L2, quantised", must[float64](c)(metrics.Lp(latents[1][0], latents[1][1], 2)), after, tolerance)
}

func checkFeatureMetrics(c *Check) {
	var about struct {
		Values struct {
			S3, FVA, FS, MNAC float64
			CDCode            float64   `json:"CD_code"`
			CDCodeCorr        []float64 `json:"CD_code_correlations"`
			CDPaper           float64   `json:"CD_paper"`
			CDPaperF          []float64 `json:"CD_paper_corr_f"`
			CDPaperCF         []float64 `json:"CD_paper_corr_cf"`
			Query             int       `json:"query"`
		} `json:"values"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	g, want, tolerance := c.Golden(), about.Values, golden.Absolute(about.Tolerance)
	a, b := goldenMatrix(g, "feat_f"), goldenMatrix(g, "feat_cf")
	cosines, _ := g.Floats("cosine")
	c.Numbers("cosines", must[[]float64](c)(metrics.Cosines(a, b)), doubles(cosines), tolerance)
	c.Number("S3", must[float64](c)(metrics.MeanCosine(a, b)), want.S3, tolerance)
	c.Number("FS", must[float64](c)(metrics.MeanCosine(a, b)), want.FS, tolerance)
	c.Number("FVA", must[float64](c)(metrics.FVA(a, b)), want.FVA, golden.Exact())
	before, after := goldenMatrix(g, "oracle_f"), goldenMatrix(g, "oracle_cf")
	c.Number("MNAC", must[float64](c)(metrics.MNAC(before, after)), want.MNAC, tolerance)
	training, _ := g.Floats("dataset_corr")
	cd, correlations, err := metrics.ChangeCorrelation(before, after, want.Query, doubles(training))
	if err != nil {
		c.Fatal(err)
	}
	c.Number("CD, code", cd, want.CDCode, tolerance)
	c.Numbers("CD, code: correlations", correlations, want.CDCodeCorr, tolerance)
	cd, originals, found, err := metrics.CorrelationDifference(before, after, want.Query)
	if err != nil {
		c.Fatal(err)
	}
	c.Number("CD, paper", cd, want.CDPaper, tolerance)
	c.Numbers("CD, paper: correlations", append(originals, found...), append(want.CDPaperF, want.CDPaperCF...), tolerance)
}

func checkFID(c *Check) {
	var about struct {
		Values map[string]struct {
			FID   float64   `json:"fid"`
			SFID  float64   `json:"sfid"`
			Parts []float64 `json:"parts"`
			Whole float64   `json:"fid_unsplit"`
		} `json:"values"`
		Relative float64 `json:"tolerance_relative"`
	}
	c.About(&about)
	g := c.Golden()
	// relative to the value; where that is 0, rounding of the features' scale, 1, remains
	near := func(want float64) golden.Tolerance { return golden.Absolute(max(about.Relative*want, 1e-9)) }
	for _, name := range slices.Sorted(maps.Keys(about.Values)) {
		want := about.Values[name]
		if name == "split" {
			real, found := goldenMatrix(g, "split.real"), goldenMatrix(g, "split.cf")
			mean, parts, err := metrics.SplitFID(real, found, ints(g.Ints("split.order")))
			if err != nil {
				c.Fatal(err)
			}
			c.Number("sFID", mean, want.SFID, near(want.SFID))
			c.Numbers("sFID: its halves", parts[:], want.Parts, near(want.Parts[1]))
			c.Number("FID of the same", must[float64](c)(metrics.FID(real, found)), want.Whole, near(want.Whole))
			continue
		}
		got := must[float64](c)(metrics.FID(goldenMatrix(g, name+".a"), goldenMatrix(g, name+".b")))
		c.Number("FID, "+name, got, want.FID, near(want.FID))
	}
}

func checkPrecisionRecall(c *Check) {
	var about struct {
		Values map[string][]float64 `json:"values"`
	}
	c.About(&about)
	g := c.Golden()
	a, b := goldenMatrix(g, "feat_f"), goldenMatrix(g, "feat_cf")
	for _, name := range slices.Sorted(maps.Keys(about.Values)) {
		want := about.Values[name]
		x, y, k := a, b, 1
		if name == "duplicates_k1" {
			x = goldenMatrix(g, "dup")
			y = mat.NewDense(20, 6, nil)
			y.Apply(func(_, _ int, v float64) float64 { return float64(float32(v + 1e-3)) }, x)
		} else {
			k = whole(c, name)
		}
		precision, recall, err := metrics.PrecisionRecall(x, y, k)
		if err != nil {
			c.Fatal(err)
		}
		c.Numbers("precision and recall, k = "+name, []float64{precision, recall}, want, golden.Exact())
	}
	radii, _ := g.Floats("radii_k3")
	c.Numbers("radii", metrics.Radii(a, 3), doubles(radii), golden.RMS(1e-6))
}

func checkApplications(c *Check) {
	var about struct {
		Tolerance float64 `json:"tolerance"`
		Values    struct {
			ATE        float64     `json:"ate"`
			Average    []float64   `json:"table1_average_rank"`
			Corrected  []float64   `json:"table1_average_rank_with_recall_83_85"`
			Ranks      [][]float64 `json:"table1_ranks"`
			Closest    [][]int     `json:"closest_classes"`
			HeadLosses []float64   `json:"ft_losses"`
			HeadRates  []float64   `json:"ft_lrs"`
		} `json:"values"`
	}
	c.About(&about)
	g, want, tolerance := c.Golden(), about.Values, golden.Absolute(about.Tolerance)

	a, b, targets := goldenPictures(c, g, "x_f"), goldenPictures(c, g, "x_cf"), g.Ints("y")
	predictor := counterfactual.NewPredictor(c.toyModels(toy.Options{}))
	for _, name := range []string{"region.r8", "region.r8s4"} {
		stride := 0 // side by side
		if name == "region.r8s4" {
			stride = 4
		}
		var got []float32
		for i := range a {
			grid := must[*counterfactual.Grid](c)(metrics.RegionImportance(a[i], b[i], int(targets[i]), predictor.Probabilities, 8, stride))
			got = append(got, grid.Values...)
		}
		values, _ := g.Floats(name)
		c.Near(name, got, values, tolerance)
	}
	c.checkPerceptual(g, tolerance)

	before, _ := g.Floats("ate.before")
	after, _ := g.Floats("ate.after")
	c.Number("treatment effect", must[float64](c)(metrics.TreatmentEffect(doubles(before), doubles(after))), want.ATE, tolerance)
	closest := must[[][]int](c)(metrics.ClosestClasses(goldenMatrix(g, "sim.features"), ints(g.Ints("sim.labels")), 5))
	for i := range closest {
		c.Add("closest classes of "+strconv.Itoa(i), golden.Compare(closest[i], want.Closest[i], golden.Exact()))
	}
	c.checkRanks(want.Average, want.Corrected, want.Ranks, tolerance)

	features := goldenMatrix(g, "ft.x")
	start := train.Head{Weight: goldenMatrix(g, "ft.w0"), Bias: make([]float64, g.Shape("ft.b")[0])}
	head, log, err := train.FitHead(features, ints(g.Ints("ft.y")), start, train.HeadOptions{})
	if err != nil {
		c.Fatal(err)
	}
	weight, _ := g.Floats("ft.w")
	bias, _ := g.Floats("ft.b")
	c.Numbers("last layer: losses", log.Losses, want.HeadLosses, tolerance)
	c.Numbers("last layer: rates", log.Rates, want.HeadRates, tolerance)
	c.Numbers("last layer: weights", head.Weight.RawMatrix().Data, doubles(weight), tolerance)
	c.Numbers("last layer: biases", head.Bias, doubles(bias), tolerance)
}

// checkPerceptual checks LPIPS on stored feature maps of two layers.
func (c *Check) checkPerceptual(g *golden.File, tolerance golden.Tolerance) {
	out, _ := g.Floats("lp.out")
	for i := range out {
		var maps [2][]counterfactual.Grid
		var weights [][]float64
		for layer := range 2 {
			l := strconv.Itoa(layer)
			for k, name := range []string{"lp.a", "lp.b"} {
				maps[k] = append(maps[k], counterfactual.Grid(goldenPictures(c, g, name+l)[i]))
			}
			w, _ := g.Floats("lp.w" + l)
			weights = append(weights, doubles(w))
		}
		got := must[float64](c)(metrics.PerceptualDistance(maps[0], maps[1], weights))
		c.Number("perceptual distance of pair "+strconv.Itoa(i), got, float64(out[i]), tolerance)
	}
}

// checkRanks checks the average ranks of LDCE's Table 1, as printed and with the recall that its printed ranks need.
func (c *Check) checkRanks(printed, corrected []float64, ranks [][]float64, tolerance golden.Tolerance) {
	table := [][]float64{
		{27, 25, 22.44, 28.44, 83.66, 95.75, 83.8}, {38, 38, 15.1, 21.14, 74.05, 85.12, 99.6}, {36, 41, 21.70, 27.10, 78.93, 93.85, 98.4},
		{36, 42, 14.03, 19.25, 81.67, 94.59, 83.1}, {42, 31, 38.0, 44.23, 77.89, 82.40, 98.5}, {31, 41, 21.0, 26.5, 79.18, 90.34, 84.4},
	}
	lower := []bool{true, true, true, true, false, false, false}
	average, got, err := metrics.AverageRank(table, lower)
	if err != nil {
		c.Fatal(err)
	}
	c.Numbers("average ranks of Table 1", average, printed, tolerance)
	for i := range got {
		c.Numbers("ranks of method "+strconv.Itoa(i), got[i], ranks[i], tolerance)
	}
	table[2][5] = 83.85
	if average, _, err = metrics.AverageRank(table, lower); err != nil {
		c.Fatal(err)
	}
	c.Numbers("average ranks of Table 1, recall 83.85", average, corrected, tolerance)
}
