package published

import (
	"fmt"
	"strconv"
	"strings"

	"otherwise/diffusion"
)

// UNetNames maps the names of a CompVis U-Net, without "model.diffusion_model.", to those that the given network has, which
// are diffusers'. Which block a number means follows from the configuration. A name that is no such network's comes back
// as it is.
func UNetNames(u diffusion.UNet) func(compvis string) string {
	perLevel := u.LayersPerBlock + 1
	return func(name string) string {
		p := strings.Split(name, ".")
		rest := func(i int) string { return strings.Join(p[min(i, len(p)):], ".") }
		number := func(i int) int {
			if i < len(p) {
				if n, err := strconv.Atoi(p[i]); err == nil {
					return n
				}
			}
			return -1
		}
		switch p[0] {
		case "time_embed":
			return fmt.Sprintf("time_embedding.linear_%d.%s", number(1)/2+1, rest(2))
		case "out":
			return map[int]string{0: "conv_norm_out.", 2: "conv_out."}[number(1)] + rest(2)
		case "middle_block":
			if number(1) == 1 {
				return "mid_block.attentions.0." + rest(2)
			}
			return fmt.Sprintf("mid_block.resnets.%d.%s", number(1)/2, residual(rest(2)))
		case "input_blocks":
			if number(1) == 0 {
				return "conv_in." + rest(3)
			}
			level, layer := (number(1)-1)/perLevel, (number(1)-1)%perLevel
			switch {
			case layer == u.LayersPerBlock:
				return fmt.Sprintf("down_blocks.%d.downsamplers.0.conv.%s", level, rest(4))
			case number(2) == 0:
				return fmt.Sprintf("down_blocks.%d.resnets.%d.%s", level, layer, residual(rest(3)))
			}
			return fmt.Sprintf("down_blocks.%d.attentions.%d.%s", level, layer, rest(3))
		case "output_blocks":
			block, layer := number(1)/perLevel, number(1)%perLevel
			switch {
			case number(2) == 0:
				return fmt.Sprintf("up_blocks.%d.resnets.%d.%s", block, layer, residual(rest(3)))
			case strings.HasPrefix(rest(3), "conv."): // behind the attention, where there is one
				return fmt.Sprintf("up_blocks.%d.upsamplers.0.conv.%s", block, rest(4))
			}
			return fmt.Sprintf("up_blocks.%d.attentions.%d.%s", block, layer, rest(3))
		}
		return name
	}
}

// residual renames the layers of a U-Net's residual block.
func residual(name string) string {
	for _, pair := range [][2]string{{"in_layers.0.", "norm1."}, {"in_layers.2.", "conv1."}, {"emb_layers.1.", "time_emb_proj."},
		{"out_layers.0.", "norm2."}, {"out_layers.3.", "conv2."}, {"skip_connection.", "conv_shortcut."}} {
		if rest, found := strings.CutPrefix(name, pair[0]); found {
			return pair[1] + rest
		}
	}
	return name
}

// AutoencoderNames maps the names of a CompVis autoencoder, KL or VQ, without "first_stage_model.", to diffusers'. CompVis
// counts the decoder's levels from its output, diffusers from its input.
func AutoencoderNames(levels int) func(compvis string) string {
	return func(name string) string {
		p := strings.Split(name, ".")
		if p[0] != "encoder" && p[0] != "decoder" || len(p) < 3 {
			return name
		}
		half, rest := p[0]+".", func(i int) string { return strings.Join(p[min(i, len(p)):], ".") }
		switch p[1] {
		case "norm_out":
			return half + "conv_norm_out." + rest(2)
		case "mid":
			if block, found := strings.CutPrefix(p[2], "block_"); found {
				n, _ := strconv.Atoi(block)
				return fmt.Sprintf("%smid_block.resnets.%d.%s", half, n-1, shortcut(rest(3)))
			}
			return half + "mid_block.attentions.0." + attention(rest(3))
		case "down", "up":
			level, err := strconv.Atoi(p[2])
			if err != nil || len(p) < 5 {
				return name
			}
			if p[1] == "up" {
				level = levels - 1 - level
			}
			blocks := fmt.Sprintf("%s%s_blocks.%d.", half, p[1], level)
			switch p[3] {
			case "block":
				return blocks + "resnets." + p[4] + "." + shortcut(rest(5))
			case "attn":
				return blocks + "attentions." + p[4] + "." + attention(rest(5))
			case "downsample", "upsample":
				return blocks + p[3] + "rs.0." + rest(4)
			}
		}
		return name
	}
}

func shortcut(name string) string { return strings.Replace(name, "nin_shortcut.", "conv_shortcut.", 1) }

// attention renames the projections of an autoencoder's attention, from CompVis' names or the older ones of diffusers.
func attention(name string) string {
	layer, rest, _ := strings.Cut(name, ".")
	renamed := map[string]string{"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0",
		"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}[layer]
	if renamed == "" {
		return name
	}
	return renamed + "." + rest
}

// diffusersAutoencoder maps the older names of attention in diffusers' files to the newer ones.
func diffusersAutoencoder(name string) (string, bool) {
	const mark = ".attentions."
	at := strings.Index(name, mark)
	if at < 0 {
		return name, true
	}
	number, rest, _ := strings.Cut(name[at+len(mark):], ".")
	return name[:at] + mark + number + "." + attention(rest), true
}

// textNames maps the names of a text encoder: newer files lack "text_model.", some hold tables and projections that no
// layer reads.
func textNames(name string) (string, bool) {
	if strings.HasSuffix(name, "position_ids") || name == "text_projection.weight" || name == "logit_scale" {
		return "", false
	}
	if !strings.HasPrefix(name, "text_model.") {
		name = "text_model." + name
	}
	return name, true
}

// below keeps the names that begin with a prefix, without it, and renames them.
func below(prefix string, rename func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		rest, found := strings.CutPrefix(name, prefix)
		if !found {
			return "", false
		}
		return rename(rest)
	}
}

// always makes a renaming of a map that leaves nothing out.
func always(rename func(string) string) func(string) (string, bool) {
	return func(name string) (string, bool) { return rename(name), true }
}

func unchanged(name string) (string, bool) { return name, true }
