package verify

import (
	"fmt"
	"os"

	"otherwise/diffusion/tokenize"
)

// tokenizerParts check tokenizer.
var tokenizerParts = []Part{{Files: "tokenizer/cases.json", Also: []string{"tokenizer/*.json", "tokenizer/*.gz", "tokenizer/merges.txt"}, Run: checkTokenizer}}

func checkTokenizer(c *Check) {
	tokenizer := must[*tokenize.CLIP](c)(tokenize.Open(os.DirFS(c.Path("tokenizer"))))
	var texts []struct {
		Text     string  `json:"text"`
		OpenCLIP []int32 `json:"open_clip"`
		HF       []int32 `json:"hf"`
	}
	c.JSON(c.File, &texts)
	for _, t := range texts {
		c.Integers(fmt.Sprintf("open_clip %.40q", t.Text), tokenizer.Encode(t.Text, tokenize.OpenCLIP).IDs, t.OpenCLIP)
		c.Integers(fmt.Sprintf("hf %.40q", t.Text), tokenizer.Encode(t.Text, tokenize.HuggingFace).IDs, t.HF)
	}
}
