package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// A server is a data folder and the tables of operations. What is not signed is
// refused.
func Example() {
	dir, err := os.MkdirTemp("", "keyreeve")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	host, err := server.OpenHost(context.Background(), server.HostConfig{Dir: dir, AccountID: "111122223333", Partition: "aws"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer host.Close()
	s := httptest.NewServer(server.New(host, server.Config{Tables: servertest.Tables(), Models: servertest.Models()}).Handler())
	defer s.Close()

	resp, err := http.Get(s.URL + "/?Action=ListUsers&Version=2010-05-08")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode)
	// Output: 403
}
