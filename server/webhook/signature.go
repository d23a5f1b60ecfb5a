package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader is the header with the signature of a delivery.
const SignatureHeader = "X-Keyreeve-Signature"

// Sign is the value of SignatureHeader for a body that is sent at a time.
func Sign(secret []byte, at time.Time, body []byte) string {
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac(secret, at.Unix(), body)))
}

func mac(secret []byte, at int64, body []byte) []byte {
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "%d.", at)
	h.Write(body)
	return h.Sum(nil)
}

// Verify tells a receiver whether a delivery is genuine: signed by the secret, at most
// five minutes ago or ahead.
func Verify(secret []byte, header string, body []byte, now time.Time) error {
	stamp, signature, ok := strings.Cut(header, ",v1=")
	at, err := strconv.ParseInt(strings.TrimPrefix(stamp, "t="), 10, 64)
	if !ok || err != nil {
		return errors.New("the signature has not the form t=...,v1=...")
	}
	sum, err := hex.DecodeString(signature)
	if err != nil || !hmac.Equal(sum, mac(secret, at, body)) {
		return errors.New("the signature is not by this secret")
	}
	if off := now.Sub(time.Unix(at, 0)).Abs(); off > 5*time.Minute {
		return fmt.Errorf("it was signed at another time: %s off", off)
	}
	return nil
}
