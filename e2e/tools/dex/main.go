// Command dex runs Dex, an OpenID Connect provider that signs people of a company's
// directory in, by the part of Dex's own configuration that a test needs:
//
//	dex FILE
//
// The last release of Dex that is a Go module for everybody is of 2018, and its own
// command does not build with what its storages have become since; its server does.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"sigs.k8s.io/yaml"
)

// config is of Dex's, in the names that it uses.
type config struct {
	Issuer string `json:"issuer"`
	Web    struct {
		HTTPS   string `json:"https"`
		TLSCert string `json:"tlsCert"`
		TLSKey  string `json:"tlsKey"`
	} `json:"web"`
	OAuth2 struct {
		SkipApprovalScreen bool `json:"skipApprovalScreen"`
	} `json:"oauth2"`
	Connectors []struct {
		Type   string          `json:"type"`
		ID     string          `json:"id"`
		Name   string          `json:"name"`
		Config json.RawMessage `json:"config"`
	} `json:"connectors"`
	StaticClients []storage.Client `json:"staticClients"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: dex FILE")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var c config
	if err := yaml.Unmarshal(text, &c); err != nil {
		return err
	}
	web, err := pages()
	if err != nil {
		return err
	}
	logger := logrus.New()
	connectors := make([]storage.Connector, 0, len(c.Connectors))
	for _, conn := range c.Connectors {
		connectors = append(connectors, storage.Connector{Type: conn.Type, ID: conn.ID, Name: conn.Name, Config: conn.Config})
	}
	kept := storage.WithStaticConnectors(storage.WithStaticClients(memory.New(logger), c.StaticClients), connectors)
	s, err := server.NewServer(context.Background(), server.Config{
		Issuer: c.Issuer, Storage: kept, SkipApprovalScreen: c.OAuth2.SkipApprovalScreen,
		Web: server.WebConfig{Dir: web}, Logger: logger, PrometheusRegistry: prometheus.NewRegistry(),
	})
	if err != nil {
		return err
	}
	return http.ListenAndServeTLS(c.Web.HTTPS, c.Web.TLSCert, c.Web.TLSKey, s)
}

// pages is the folder of Dex's pages, which come with its source.
func pages() (string, error) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/dexidp/dex").Output()
	return filepath.Join(strings.TrimSpace(string(module)), "web"), err
}
