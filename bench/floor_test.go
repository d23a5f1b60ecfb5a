package bench_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// answerTo is what a server answers to a request, for a floor to answer the same.
func answerTo(tb testing.TB, base string, request []byte) (header http.Header, body []byte) {
	tb.Helper()
	c, err := dial(base)
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(request); err != nil {
		tb.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		tb.Fatal(err)
	}
	body, err = io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		tb.Fatalf("%s: %s (%v)", answer.Status, body, err)
	}
	answer.Header.Del("Date") // net/http's own
	return answer.Header, body
}

// startFloor serves an answer to every request, once wait has returned.
func startFloor(tb testing.TB, header http.Header, body []byte, wait func() error) string {
	length := strconv.Itoa(len(body))
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			tb.Error(err)
		}
		if err := wait(); err != nil {
			tb.Error(err)
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", length)
		w.Write(body)
	}))
	tb.Cleanup(h.Close)
	return h.URL
}

func atOnce() error { return nil }

// appender is the least that a group commit can be: records are handed in, one
// writer appends all that wait and syncs once.
type appender struct {
	f    *os.File
	wake chan struct{}

	mu      sync.Mutex
	pending []byte
	next    *synced
}

// synced is the end of one sync, which many wait for.
type synced struct {
	done chan struct{}
	err  error
}

func startAppender(tb testing.TB) *appender {
	f, err := os.Create(filepath.Join(tb.TempDir(), "log"))
	if err != nil {
		tb.Fatal(err)
	}
	a := &appender{f: f, wake: make(chan struct{}, 1), next: &synced{done: make(chan struct{})}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.loop()
	}()
	tb.Cleanup(func() {
		close(a.wake)
		<-ended
		f.Close()
	})
	return a
}

// append returns when the record is on disk.
func (a *appender) append(record []byte) error {
	a.mu.Lock()
	a.pending = append(a.pending, record...)
	mine := a.next
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
	<-mine.done
	return mine.err
}

func (a *appender) loop() {
	for range a.wake {
		a.mu.Lock()
		batch, s := a.pending, a.next
		a.pending, a.next = nil, &synced{done: make(chan struct{})}
		a.mu.Unlock()
		if len(batch) > 0 {
			if _, s.err = a.f.Write(batch); s.err == nil {
				s.err = a.f.Sync()
			}
		}
		close(s.done)
	}
}
