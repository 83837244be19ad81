package viz

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"otherwise/counterfactual"
)

// exampleItems are a problem that both methods solved, and one that one method failed at and the other got wrong.
func exampleItems() []ReportItem {
	unsound := fixture("eced")
	unsound.After = nil
	return []ReportItem{
		{Runs: []Run{
			{Result: fixture("ldce"), Info: RunInfo{Image: "shapes/test/1", Confirmed: pointer(true), JudgeProbability: pointer(.7)}},
			{Result: fixture("eced"), Info: RunInfo{Image: "shapes/test/1", Confirmed: pointer(false), JudgeProbability: pointer(.2)}},
		}},
		{Title: `a <script>alert("x")</script> title`, Runs: []Run{
			{Method: "ldce", Err: errors.New("no <memory> left")},
			{Method: "eced", Result: unsound},
			{Method: "other"},
		}},
	}
}

func render(t *testing.T, items []ReportItem) string {
	t.Helper()
	var out bytes.Buffer
	if err := Report(&out, "Shapes & <more>", items, "A note with <i>."); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReportSays(t *testing.T) {
	page := render(t, exampleItems())
	for _, want := range []string{
		"<title>Shapes &amp; &lt;more&gt;</title>", "A note with &lt;i&gt;.", "circle → square", "shapes/test/1", "LDCE", "ECED",
		"confirmed 0.700", "not confirmed 0.200", "1 of 2", "activation map", "consensus map", "denoise 1/20", "adversarial 20/20",
		"guidance_scale", "no &lt;memory&gt; left", "the result is not sound: 0 probabilities after for 6 classes",
		"there is neither a result nor an error", "&lt;b&gt;bold&lt;/b&gt; &amp; co", "a &lt;script&gt;alert(",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, unwanted := range []string{"<b>bold", "<script", "ZgotmplZ", "NaN", "%!"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
}

// All that the page needs is in it.
func TestReportIsSelfContained(t *testing.T) {
	page := render(t, exampleItems())
	for _, m := range regexp.MustCompile(`(?i)(?:src|href|srcset|action|data)="([^"]{0,40})`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "data:image/png;base64,") && !strings.HasPrefix(m[1], "#problem-") {
			t.Errorf("the page refers to %s", m[1])
		}
	}
	if found := regexp.MustCompile(`(?i)https?:|url\(|@import|<link|<iframe`).FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
	if n := strings.Count(page, `src="data:image/png;base64,iVBORw0KGgo`); n < 30 {
		t.Errorf("the page has %d pictures", n)
	}
}

// Every element is closed where it should be, and no two have one id.
func TestReportIsWellFormed(t *testing.T) {
	for name, items := range map[string][]ReportItem{"full": exampleItems(), "empty": nil, "no runs": {{Title: "x"}}} {
		// HTML is XML but for the elements that have no end.
		d := xml.NewDecoder(strings.NewReader(regexp.MustCompile(`<((?:meta|img|br)\b[^>]*)>`).ReplaceAllString(render(t, items), "<$1/>")))
		d.Entity = xml.HTMLEntity
		ids, elements := map[string]bool{}, 0
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if start, ok := token.(xml.StartElement); ok {
				elements++
				for _, a := range start.Attr {
					if a.Name.Local == "id" && ids[a.Value] {
						t.Errorf("%s: two elements have the id %s", name, a.Value)
					}
					ids[a.Value] = ids[a.Value] || a.Name.Local == "id"
				}
			}
		}
		if elements < 8 {
			t.Errorf("%s: %d elements", name, elements)
		}
	}
}

func TestBars(t *testing.T) {
	r := fixture("ldce")
	r.Target = 5 // the least likely, and the sixth
	got := bars(r)
	if len(got) != 5 || got[0].Class != "ring" || !got[0].Target || got[1].Class != "circle" {
		t.Errorf("bars are %+v, want five: ring, the target, then circle", got)
	}
	if got[1].BeforeWide != "width:90.0%" || got[1].AfterWide != "width:10.0%" || got[1].After != "0.100" {
		t.Errorf("the bar of circle is %+v", got[1])
	}
	r.Classes, r.Before, r.After, r.Target = r.Classes[:2], r.Before[:2], r.After[:2], 1
	if got := bars(r); len(got) != 2 {
		t.Errorf("%d bars for two classes", len(got))
	}
}

func TestProbability(t *testing.T) {
	for p, want := range map[float64]string{0: "0.000", 1e-9: "<0.001", .0015: "0.002", .5: "0.500", .9995: ">0.999", 1: "1.000"} {
		if got := Probability(p); got != want {
			t.Errorf("%g is %q, want %q", p, got, want)
		}
	}
}

func TestWriteReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "index.html")
	if err := WriteReport(path, "first", nil); err != nil {
		t.Fatal(err)
	}
	first := snapshot(t, filepath.Dir(path))
	bad := fixture("ldce")
	bad.Options = func() {} // JSON has no functions
	err := WriteReport(path, "second", []ReportItem{{Runs: []Run{{Result: bad}}}})
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "options") {
		t.Errorf("error is %v", err)
	}
	if after := snapshot(t, filepath.Dir(path)); len(after) != 1 || after["index.html"] != first["index.html"] {
		t.Errorf("the folder holds %d files, or the report changed", len(after))
	}
	if err := WriteReport(filepath.Join(path, "below", "index.html"), "third", nil); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("error is %v", err)
	}
}

func TestReportToFullDisk(t *testing.T) {
	device, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full:", err)
	}
	defer device.Close()
	if err := Report(device, "title", nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error is %v", err)
	}
}

func TestReportSaysWhyNot(t *testing.T) {
	r := fixture("ldce")
	r.After, r.Consensus, r.Note = r.Before, nil, "nothing is filtered"
	r.Failure = &counterfactual.Failure{Cause: counterfactual.CauseDistance, Says: "9 against 1", Hint: "Lower lambda_d"}
	var page strings.Builder
	if err := Report(&page, "title", []ReportItem{{Runs: []Run{{Result: r}}}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"distance dominates: 9 against 1. Lower lambda_d.", "nothing is filtered"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Contains(page.String(), "consensus map") {
		t.Error("the report has a consensus map of a result without one")
	}
}
