package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/store"
)

func readID(n int) string { return fmt.Sprintf("read-%08d", n) }

// readUntilKilled records reads, one after the other, beside changes, and says on standard
// output which changes were acknowledged and up to which read the store has written.
func readUntilKilled(dir string) {
	o := options(dir)
	o.EventInterval = 50 * time.Millisecond
	s, err := store.Open(context.Background(), o)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	s.SetMaxFresh(3)
	var recorded atomic.Int64
	go func() {
		for n := 0; ; n++ {
			record(s, readID(n), noon)
			recorded.Add(1)
			time.Sleep(100 * time.Microsecond)
		}
	}()
	go func() {
		for n := 0; ; n++ {
			name := fmt.Sprintf("user%06d", n)
			if err := put(s, alpha, name); err != nil {
				fmt.Println("error", err)
			}
			fmt.Fprintln(os.Stdout, "changed", name)
		}
	}()
	for {
		n := int(recorded.Load()) // before the queue, which only holds the last of them
		if n -= s.Stats().EventQueue; n > 0 {
			fmt.Fprintln(os.Stdout, "written", n)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestKilledProcessLosesTheLastReadsOnly kills a process that records reads. The store writes
// them by itself, every EventInterval; what it has written is there, in one piece from the
// first on, so that only the last of them are lost; and no change is, nor its event.
// That the interval is kept is TestBackgroundWritesWithinASecondAndAMinute's.
func TestKilledProcessLosesTheLastReadsOnly(t *testing.T) {
	for range 3 {
		dir := newDir(t)
		written, changed := killReader(t, dir)
		s := open(t, options(dir))
		checkIndex(t, s)
		var reads, changes []string
		for _, id := range eventIDs(t, s) {
			if strings.HasPrefix(id, "read-") {
				reads = append(reads, id)
			} else {
				changes = append(changes, id)
			}
		}
		if len(reads) < written {
			t.Errorf("%d reads are there, of %d that were written", len(reads), written)
		}
		for n, id := range reads {
			if id != readID(n) {
				t.Fatalf("read %d is %s: one before it is lost", n, id)
			}
		}
		users := userNames(t, s, alpha)
		for _, name := range changed {
			if !slices.Contains(users, name) || !slices.Contains(changes, "put-"+name) {
				t.Errorf("%s was acknowledged: user there %v, event there %v", name, slices.Contains(users, name), slices.Contains(changes, "put-"+name))
			}
		}
	}
}

// killReader runs the reader until some of its reads were written, and kills it somewhere
// between that and the next time.
func killReader(t *testing.T, dir string) (written int, changed []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "KEYREEVE_KILL_READER="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(5*time.Minute, func() { cmd.Process.Kill() }).Stop()
	left := 20 + rand.IntN(200) // lines, after reads were written twice
	times := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "written":
			before := written
			if fmt.Sscan(rest, &written); written > before {
				times++
			}
		case "changed":
			if len(rest) == len("user000000") { // the last line may be cut off
				changed = append(changed, rest)
			}
		case "error":
			t.Error(rest)
		}
		if times >= 2 {
			if left--; left == 0 {
				cmd.Process.Kill()
			}
		}
	}
	cmd.Wait()
	if times < 2 {
		t.Error("the reads were not written by themselves")
	}
	return written, changed
}
