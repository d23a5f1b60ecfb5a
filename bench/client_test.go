package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signed is a request of a Query API as it goes over the wire.
func signed(tb testing.TB, base, service string, c aws.Credentials, form string) []byte {
	tb.Helper()
	r, err := http.NewRequest(http.MethodPost, base+"/", strings.NewReader(form))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("User-Agent", "keyreeve-bench")
	if c.AccessKeyID == "" { // a call that nobody signs
		return wire(tb, r)
	}
	hash := sha256.Sum256([]byte(form))
	if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(hash[:]), service, "us-east-1", time.Now()); err != nil {
		tb.Fatal(err)
	}
	return wire(tb, r)
}

// wire is a request's bytes.
func wire(tb testing.TB, r *http.Request) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// connection is a client that keeps its connection.
type connection struct {
	net.Conn
	in *bufio.Reader
}

func dial(base string) (*connection, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, in: bufio.NewReader(c)}, nil
}

// call sends a request and takes the answer, which must be 200.
func (c *connection) call(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	status, err := c.line()
	if err != nil {
		return err
	}
	failed := ""
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		failed = string(status)
	}
	length := 0
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	if failed != "" {
		body, err := io.ReadAll(io.LimitReader(c.in, int64(length)))
		return fmt.Errorf("%s: %s (%w)", failed, body, err)
	}
	_, err = c.in.Discard(length)
	return err
}

func (c *connection) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

// load sends b.N requests over connections that each wait for one answer before
// they send the next, and reports calls a second and how long calls took.
func load(b *testing.B, base string, connections int, request func(n int) []byte) {
	conns := make([]*connection, connections)
	for i := range conns {
		c, err := dial(base)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		conns[i] = c
	}
	took := make([][]time.Duration, connections)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for i, c := range conns {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= b.N {
					return
				}
				start := time.Now()
				if err := c.call(request(n)); err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	report(b, slices.Concat(took...))
}

// report gives the throughput, and the median and 99th percentile of latencies.
func report(b *testing.B, took []time.Duration) {
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Nanoseconds()) / 1e3 }
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(at(0.50), "p50-us")
	b.ReportMetric(at(0.99), "p99-us")
}
