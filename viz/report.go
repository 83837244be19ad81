package viz

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"otherwise/counterfactual"
)

// ReportItem is a problem of a report, with what each method made of it.
type ReportItem struct {
	// Title is the heading. Empty is "predicted → target" of the first result, or the picture's source without one.
	Title string
	Runs  []Run
}

// Run is one method's result for a problem, or the error that kept it from one.
type Run struct {
	Method string // "" is Result.Method
	Result *counterfactual.Result
	Info   RunInfo
	Err    error
}

//go:embed report.tmpl
var reportTemplate string

//go:embed report.css
var reportStyle string

var page = template.Must(template.New("report").Parse(reportTemplate))

// Report writes a page that shows and explains results: one HTML file with its pictures inside, which needs no network
// and no scripts, follows the reader's light or dark setting, and fits a telephone. Notes are paragraphs below the title.
// A run without a result shows its error, and so does a run whose result isn't sound.
func Report(w io.Writer, title string, items []ReportItem, notes ...string) error {
	view, err := newReportView(title, items, notes)
	if err != nil {
		return fmt.Errorf("cannot make the report %q: %w", title, err)
	}
	var html bytes.Buffer
	if err := page.Execute(&html, view); err != nil {
		return fmt.Errorf("cannot make the report %q: %w", title, err)
	}
	_, err = html.WriteTo(w)
	return err
}

// WriteReport writes a [Report] to a file, making its folder if need be. The file arrives whole; after an error the one
// that was there stays.
func WriteReport(path, title string, items []ReportItem, notes ...string) error {
	if err := replace(path, func(w io.Writer) error { return Report(w, title, items, notes...) }); err != nil {
		return fmt.Errorf("cannot write the report %s: %w", path, err)
	}
	return nil
}
