// Command wordnet derives, from WordNet 3.0's nouns, the hierarchy above the classes of ImageNet's challenge: classify's
// imagenet_wordnet.tsv. data.noun is in WordNet's own distribution and in Debian's package wordnet-base.
//
//	go run ./classify/internal/wordnet /usr/share/wordnet/data.noun > classify/imagenet_wordnet.tsv
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strings"

	"otherwise/classify"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: wordnet DATA.NOUN > imagenet_wordnet.tsv")
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	licence, parents, err := read(file)
	if err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	above := map[string][]string{}
	for _, id := range classify.ImageNetWordNetIDs() {
		if err := climb(id, parents, above); err != nil {
			log.Fatal(err)
		}
	}
	for _, line := range licence {
		fmt.Println(strings.TrimRight("# "+line, " "))
	}
	for _, id := range slices.Sorted(maps.Keys(above)) {
		fmt.Printf("%s\t%s\n", id, strings.Join(above[id], " "))
	}
}

// read gives the licence and, for every noun's id, those of its hypernyms and of what it is an instance of.
func read(r io.Reader) (licence []string, parents map[string][]string, err error) {
	parents = map[string][]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "  ") {
			_, text, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
			licence = append(licence, text)
			continue
		}
		fields := strings.Fields(line)
		var words, pointers int
		if _, err := fmt.Sscanf(fields[3], "%x", &words); err != nil {
			return nil, nil, fmt.Errorf("%.40q: %w", line, err)
		}
		at := 4 + 2*words
		if _, err := fmt.Sscanf(fields[at], "%d", &pointers); err != nil {
			return nil, nil, fmt.Errorf("%.40q: %w", line, err)
		}
		id := "n" + fields[0]
		parents[id] = []string{}
		for k := range pointers {
			if symbol := fields[at+1+4*k]; symbol == "@" || symbol == "@i" {
				parents[id] = append(parents[id], "n"+fields[at+2+4*k])
			}
		}
	}
	return licence, parents, lines.Err()
}

// climb notes a noun and all above it.
func climb(id string, parents, above map[string][]string) error {
	if _, been := above[id]; been {
		return nil
	}
	direct, known := parents[id]
	if !known {
		return fmt.Errorf("there is no noun %s: is this WordNet 3.0?", id)
	}
	above[id] = direct
	for _, p := range direct {
		if err := climb(p, parents, above); err != nil {
			return err
		}
	}
	return nil
}
