package main

import (
	"crypto/tls"
	"os"
	"sync"
	"time"
)

// reloadingTLS is a TLS configuration whose certificate is read again when its
// files change. If what is there then cannot be used, the one before stays.
func reloadingTLS(certificate, key string) (*tls.Config, error) {
	r := &reloader{certificate: certificate, key: key}
	if err := r.load(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: r.get}, nil
}

type reloader struct {
	certificate, key string

	mu      sync.Mutex
	current *tls.Certificate
	changed [2]time.Time // of the files that current was read from
	looked  time.Time
}

// lookAgain is how often the files are looked at.
const lookAgain = time.Second

func (r *reloader) load() error {
	changed := [2]time.Time{modified(r.certificate), modified(r.key)}
	c, err := tls.LoadX509KeyPair(r.certificate, r.key)
	if err != nil {
		return err
	}
	r.current, r.changed = &c, changed
	return nil
}

func modified(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func (r *reloader) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.looked) > lookAgain {
		r.looked = time.Now()
		if r.changed != [2]time.Time{modified(r.certificate), modified(r.key)} {
			r.load() // if it fails, the certificate that was good stays
		}
	}
	return r.current, nil
}
