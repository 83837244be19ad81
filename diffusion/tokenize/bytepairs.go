package tokenize

// bytePairs appends the ids of one word. The word's bytes begin as symbols of their own, the last one marked as the
// word's end; then the pair that comes first among the merges is joined, everywhere it occurs, until no pair is among
// them. Source: Sennrich et al., 2016, over bytes as in GPT-2.
func (v *vocabulary) bytePairs(ids []int32, word string) []int32 {
	symbols := make([]string, len(word))
	for i := range symbols {
		symbols[i] = byteSymbols[word[i]]
	}
	symbols[len(symbols)-1] += endOfWord
	for len(symbols) > 1 {
		best, found := v.firstMerge(symbols)
		if !found {
			break
		}
		symbols = join(symbols, best)
	}
	for _, symbol := range symbols {
		ids = append(ids, v.ids[symbol]) // every symbol was found in the vocabulary when it was read
	}
	return ids
}

// firstMerge finds the pair of neighbours with the lowest rank.
func (v *vocabulary) firstMerge(symbols []string) (best [2]string, found bool) {
	lowest := len(v.ranks)
	for i := range len(symbols) - 1 {
		pair := [2]string{symbols[i], symbols[i+1]}
		if rank, known := v.ranks[pair]; known && rank < lowest {
			lowest, best, found = rank, pair, true
		}
	}
	return best, found
}

// join joins each occurrence of a pair, from left to right, in place.
func join(symbols []string, pair [2]string) []string {
	out := symbols[:0]
	for i := 0; i < len(symbols); i++ {
		if i+1 < len(symbols) && symbols[i] == pair[0] && symbols[i+1] == pair[1] {
			out = append(out, pair[0]+pair[1])
			i++
			continue
		}
		out = append(out, symbols[i])
	}
	return out
}

// endOfWord ends the symbol that ends a word.
const endOfWord = "</w>"

// byteSymbols gives each byte a visible character, as in GPT-2: printable ones of Latin-1 stand for themselves, the
// others for the characters from U+0100 on.
var byteSymbols = func() (symbols [256]string) {
	next := rune(0x100)
	for b := range 256 {
		r := rune(b)
		if visible := b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae; !visible {
			r = next
			next++
		}
		symbols[b] = string(r)
	}
	return symbols
}()
