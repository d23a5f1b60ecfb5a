package server

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// RootCredentials are what keyreeve env prints.
type RootCredentials struct {
	Account         string `json:"account"`
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	Endpoint        string `json:"-"`
}

func rootFile(account string) string { return "root-" + account + ".json" }

// WriteRootCredentials implements operator.Host.
func (h *Host) WriteRootCredentials(account, accessKeyID, secret string) (string, error) {
	text, err := json.MarshalIndent(RootCredentials{Account: account, AccessKeyID: accessKeyID, SecretAccessKey: secret}, "", "  ")
	if err != nil {
		return "", err
	}
	path := h.path(rootFile(account))
	return path, writeFile(path, append(text, '\n'))
}

// ReadRootCredentials reads root's credentials of an account, or of the first
// account, from the data folder of a running server.
func ReadRootCredentials(dir, account string) (RootCredentials, error) {
	var c RootCredentials
	running, err := os.ReadFile(filepath.Join(dir, endpointFile))
	if err != nil {
		return c, fmt.Errorf("no server is running on %s: %w", dir, err)
	}
	endpoint, first, _ := strings.Cut(strings.TrimSpace(string(running)), "\n")
	if account == "" {
		account = first
	}
	text, err := os.ReadFile(filepath.Join(dir, rootFile(account)))
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, err
	}
	c.Endpoint = endpoint
	return c, nil
}

// Announce writes down where the server listens and which account is meant where
// none is named, for keyreeve env.
func (h *Host) Announce(url string) error {
	h.announced.Store(&url)
	return writeFile(h.path(endpointFile), []byte(url+"\n"+h.FirstAccount+"\n"))
}

// url is where the server listens, or "" before that was announced.
func (h *Host) url() string {
	if url := h.announced.Load(); url != nil {
		return *url
	}
	return ""
}
