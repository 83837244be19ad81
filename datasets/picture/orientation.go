package picture

import (
	"bytes"
	"image"

	"github.com/bep/imagemeta"
	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// upright is the EXIF orientation of a picture stored as it is to be seen.
const upright = 1

// orient turns a picture stored with an EXIF orientation (1 to 8) as it is to be seen: EXIF 2.32, tag 0x0112.
func orient(img image.Image, orientation int) image.Image {
	if orientation == upright {
		return img
	}
	size := img.Bounds().Size()
	w, h := float64(size.X), float64(size.Y)
	// Rows of [x', y'] = M [x, y, 1]; the orientation's comment says where the stored first row and first column are.
	stored := map[int]f64.Aff3{
		2: {-1, 0, w, 0, 1, 0},  // top, right
		3: {-1, 0, w, 0, -1, h}, // bottom, right
		4: {1, 0, 0, 0, -1, h},  // bottom, left
		5: {0, 1, 0, 1, 0, 0},   // left, top
		6: {0, -1, h, 1, 0, 0},  // right, top
		7: {0, -1, h, -1, 0, w}, // right, bottom
		8: {0, 1, 0, -1, 0, w},  // left, bottom
	}
	if orientation >= 5 {
		size.X, size.Y = size.Y, size.X
	}
	turned := newLike(img, image.Rectangle{Max: size})
	// Pixels fall on pixels, so that the nearest neighbour is the pixel itself.
	draw.NearestNeighbor.Transform(turned, stored[orientation], img, img.Bounds(), draw.Src, nil)
	return turned
}

func noOrientation([]byte) int        { return upright }
func pngOrientation(file []byte) int  { return exifOrientation(file, imagemeta.PNG) }
func jpegOrientation(file []byte) int { return exifOrientation(file, imagemeta.JPEG) }

// exifOrientation reads the orientation, 1 to 8, from a file of a kind that holds EXIF data; upright where there is none
// or it can't be read: a picture that decodes is shown, whatever its EXIF data look like.
func exifOrientation(file []byte, kind imagemeta.ImageFormat) int {
	orientation := upright
	_, _ = imagemeta.Decode(imagemeta.Options{
		R:           bytes.NewReader(file),
		ImageFormat: kind,
		Sources:     imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool {
			return tag.Namespace == "IFD0" && tag.Tag == "Orientation"
		},
		HandleTag: func(tag imagemeta.TagInfo) error {
			if value, ok := tag.Value.(uint16); ok && value >= 1 && value <= 8 {
				orientation = int(value)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return orientation
}
