package viz

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"otherwise/counterfactual"
)

// ReportItem is a problem of a report, with what each method made of it.
type ReportItem struct {
	// Title is the heading. Empty is "predicted → target" of the first result, or the picture's source without one.
	Title   string
	Classes []string // names, in order
	Runs    []Run
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
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("cannot make the folder of the report: %w", err)
	}
	pending, err := renameio.NewPendingFile(path, renameio.WithTempDir(folder), renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("cannot write the report %s: %w", path, err)
	}
	defer pending.Cleanup()
	if err := Report(pending, title, items, notes...); err != nil {
		return fmt.Errorf("cannot write the report %s: %w", path, err)
	}
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("cannot write the report %s: %w", path, err)
	}
	return nil
}
