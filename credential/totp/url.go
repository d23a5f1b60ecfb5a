package totp

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// URL is what a device reads from a QR code, in the form that the IAM API
// reference gives for VirtualMFADevice: otpauth://totp/NAME@ACCOUNT?secret=SEED.
func (s Seed) URL(device, account string) string {
	return "otpauth://totp/" + strings.ReplaceAll(url.PathEscape(device+"@"+account), "+", "%2B") + "?secret=" + s.Base32()
}

const (
	moduleSize = 4 // pixels
	quietZone  = 4 // modules, as ISO/IEC 18004 wants it
)

// QRCode draws a text as a QR code, in PNG.
func QRCode(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return nil, err
	}
	n := code.Bounds().Dx() + 2*quietZone
	picture := image.NewPaletted(image.Rect(0, 0, n*moduleSize, n*moduleSize), color.Palette{color.White, color.Black})
	for y := range n * moduleSize {
		for x := range n * moduleSize {
			at := image.Pt(x/moduleSize-quietZone, y/moduleSize-quietZone)
			if at.In(code.Bounds()) && code.At(at.X, at.Y) == color.Black {
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
