package server

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"time"

	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trail/digest"
	"github.com/keyreeve/keyreeve/trails"
)

// TrailKey is the key that signs digest files in a region. There is a new one when there
// is none, or the one before has signed for a year.
func (h *Host) TrailKey(ctx context.Context, region string, now time.Time) (*rsa.PrivateKey, error) {
	view := h.Store.View()
	k, sealed, ok := trails.SigningKey(view, region, now)
	if err := view.Err(); err != nil {
		return nil, err
	}
	if ok {
		return h.openTrailKey(k, sealed)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	next := &trails.Key{Fingerprint: digest.Fingerprint(&key.PublicKey), Region: region, Public: x509.MarshalPKCS1PublicKey(&key.PublicKey)}
	err = h.Store.Update(ctx, []state.AggregateID{state.Deployment}, func(d *state.Draft) (*store.Event, error) {
		if k, sealed, ok = trails.SigningKey(d, region, now); ok { // made by another meanwhile
			return nil, nil
		}
		secret, err := h.seal(x509.MarshalPKCS1PrivateKey(key), trails.KeyOf(region, next.Fingerprint))
		if err != nil {
			return nil, err
		}
		added := *next
		trails.AddKey(d, &added, secret, now)
		return nil, nil
	})
	if err != nil || !ok {
		return key, err
	}
	return h.openTrailKey(k, sealed)
}

func (h *Host) openTrailKey(k *trails.Key, sealed []byte) (*rsa.PrivateKey, error) {
	private, err := h.open(sealed, trails.KeyOf(k.Region, k.Fingerprint))
	if err != nil {
		return nil, err
	}
	return x509.ParsePKCS1PrivateKey(private)
}
