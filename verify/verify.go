package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"golang.org/x/sync/errgroup"
)

// Options say what [Folders] checks, and whom it tells.
type Options struct {
	// Run, unless nil, chooses the golden files to check, by their paths without extension; a file of full-size networks, by
	// that and the network's name: full/full_golden/vgg16.
	Run *regexp.Regexp
	// Full checks full-size networks too, whose weights are made by a formula. It takes minutes and gigabytes.
	Full bool
	// Begin, unless nil, is called before each golden file: the done-th of total, counted from 0. Several are checked at a time.
	Begin func(run string, done, total int)
	// Report, unless nil, is called with each case, in order, once its file's check has ended. An error ends the run.
	Report func(Case) error
}

// Summary is what a folder's check came to.
type Summary struct {
	Folder  string `json:"folder"`
	Backend string `json:"backend"`
	Passed  int    `json:"passed"`
	Failed  int    `json:"failed"`
	Cases   []Case `json:"cases"`

	Skipped  []string `json:"skipped"`  // golden files that Options left out
	Repeated []string `json:"repeated"` // golden files that lie, bit for bit, in a folder checked before
	Unknown  []string `json:"unknown"`  // files that no part knows
}

// task is a part and a file that it runs on.
type task struct {
	part Part
	file string
}

// ErrNothing says that there is no golden file to check.
var ErrNothing = errors.New("nothing to check")

// Folders checks the golden values in folders on a backend, one folder after the other. That values differ is no error:
// see [Summary]. Without any golden file to check the error is an [ErrNothing]. The context ends a run between two
// programs, with the context's error.
func Folders(ctx context.Context, backend compute.Backend, dirs []string, o Options) ([]*Summary, error) {
	var summaries []*Summary
	total, seen := 0, map[string]bool{}
	plans := make([][]task, len(dirs))
	for i, dir := range dirs {
		s := &Summary{Folder: dir, Backend: backend.Description()}
		var err error
		if plans[i], err = s.plan(o, seen); err != nil {
			return nil, err
		}
		summaries, total = append(summaries, s), total+len(plans[i])
	}
	if total == 0 {
		return summaries, fmt.Errorf("%w in %s", ErrNothing, strings.Join(dirs, ", "))
	}
	return summaries, runAll(ctx, backend, summaries, plans, o)
}

// runAll runs what was planned, several golden files at a time, and reports in order.
func runAll(ctx context.Context, backend compute.Backend, summaries []*Summary, plans [][]task, o Options) error {
	var all []*pending
	for i, plan := range plans {
		for _, t := range plan {
			all = append(all, &pending{task: t, summary: summaries[i], done: make(chan struct{})})
		}
	}
	var mu sync.Mutex // of whom Options name
	workers := runtime.NumCPU()
	if o.Full {
		workers = 1 // these networks fill the memory one by one
	}
	stop := make(chan struct{})
	var group errgroup.Group
	group.SetLimit(workers + 1) // one of them hands out the work
	group.Go(func() error {
		for i, p := range all {
			group.Go(func() error {
				defer close(p.done)
				select {
				case <-stop:
					return nil
				case <-ctx.Done():
					return nil
				default:
				}
				begin := func(run string) {
					mu.Lock()
					defer mu.Unlock()
					if o.Begin != nil {
						o.Begin(run, i, len(all))
					}
				}
				begin(stem(p.task.file))
				c := &Check{Context: ctx, Backend: backend, File: p.task.file, folder: p.summary.Folder, wanted: o.Run, begin: begin}
				c.run(p.task.part)
				p.cases = c.cases
				return nil
			})
		}
		return nil
	})
	err := reportAll(ctx, all, &mu, o)
	close(stop)
	return errors.Join(err, group.Wait())
}

// pending is a golden file that is being checked.
type pending struct {
	task    task
	summary *Summary
	cases   []Case
	done    chan struct{}
}

// reportAll waits for one golden file after the other, and reports its cases.
func reportAll(ctx context.Context, all []*pending, mu *sync.Mutex, o Options) error {
	for i, p := range all {
		<-p.done
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped after %d of %d golden files: %w", i, len(all), err)
		}
		mu.Lock()
		for _, found := range p.cases {
			if err := p.summary.add(found, o.Report); err != nil {
				mu.Unlock()
				return err
			}
		}
		mu.Unlock()
	}
	return nil
}

func (s *Summary) add(c Case, report func(Case) error) error {
	s.Cases = append(s.Cases, c)
	if c.Passed() {
		s.Passed++
	} else {
		s.Failed++
	}
	if report == nil {
		return nil
	}
	return report(c)
}

// plan chooses what to run, and notes what isn't run and what isn't known. seen holds what was planned before.
func (s *Summary) plan(o Options, seen map[string]bool) ([]task, error) {
	files, err := list(s.Folder)
	if err != nil {
		return nil, err
	}
	var tasks []task
	known := map[string]bool{}
	for _, p := range Parts() {
		for _, f := range files {
			known[f] = known[f] || p.known(f)
			if !matches(p.Files, f) {
				continue
			}
			content, err := contentOf(filepath.Join(s.Folder, filepath.FromSlash(f)))
			switch {
			case err != nil:
				return nil, err
			case p.Full && !o.Full || !p.Full && o.Run != nil && !o.Run.MatchString(stem(f)):
				s.Skipped = append(s.Skipped, f)
			case seen[f+content]:
				s.Repeated = append(s.Repeated, f)
			default:
				tasks = append(tasks, task{p, f})
				seen[f+content] = true
			}
		}
	}
	for _, f := range files {
		if !known[f] && !index(f) {
			s.Unknown = append(s.Unknown, f)
		}
	}
	return tasks, nil
}

// contentOf returns the hash of a file's content.
func contentOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return string(h.Sum(nil)), nil
}

// index reports whether a file describes the folder itself.
func index(file string) bool {
	return file == "index.json" || slices.Contains([]string{".md", ".py"}, filepath.Ext(file))
}

// list returns the files in a folder and below, relative to it, sorted.
func list(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		files = append(files, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the folder of golden values: %w", err)
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return files, nil
}
