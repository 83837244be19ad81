// Package verify checks this build and its backend against folders of golden values: what reference implementations gave
// for stored inputs. It is what a user runs on a new device, and what the tests run on the repository's testdata.
//
// A [Part] knows one kind of golden file and runs this program's own code on its inputs. Sizes, seeds, step counts and
// tolerances are read from the files, so that a folder made with other settings is checked just as well.
package verify
