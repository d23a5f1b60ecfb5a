package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/store"
)

// The test binary is the process that is killed as well.
func TestMain(m *testing.M) {
	if dir := os.Getenv("KEYREEVE_KILL_WRITER"); dir != "" {
		writeUntilKilled(dir, os.Getenv("KEYREEVE_KILL_ROUND"))
		return
	}
	if dir := os.Getenv("KEYREEVE_KILL_READER"); dir != "" {
		readUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// writeUntilKilled changes two accounts at once, over and over, and says on
// standard output what was acknowledged.
func writeUntilKilled(dir, round string) {
	o := options(dir)
	o.EventInterval = time.Millisecond // moves events all the time
	o.UsageInterval = time.Millisecond
	s, err := store.Open(context.Background(), o)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	for w := range 32 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("w%s-%02d-%05d", round, w, i)
				if err := putPair(s, name); err != nil {
					fmt.Println("error", err)
				}
				s.Touch(store.Usage{Account: alpha.Name(), Kind: "key", Subject: name, Time: noon})
				fmt.Fprintln(os.Stdout, name) // one write: lines are whole
			}
		}()
	}
	select {}
}

// TestKilledProcessLosesNothing kills a writing process at random moments.
// KEYREEVE_KILL_ROUNDS says how often.
func TestKilledProcessLosesNothing(t *testing.T) {
	rounds := 5
	if n, err := strconv.Atoi(os.Getenv("KEYREEVE_KILL_ROUNDS")); err == nil {
		rounds = n
	}
	dir := newDir(t)
	var acknowledged []string
	for round := range rounds {
		acknowledged = append(acknowledged, killOnce(t, dir, round)...)
		o := options(dir)
		s := open(t, o)
		there := checkPairs(t, s)
		checkIndex(t, s)
		for _, name := range acknowledged {
			if _, ok := slices.BinarySearch(there, name); !ok {
				t.Errorf("round %d: %s was acknowledged and is lost", round, name)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
		if len(acknowledged) > 20_000 { // keep each round quick
			dir, acknowledged = newDir(t), nil
		}
	}
}

// killOnce runs the writer until it has acknowledged some number of changes, and
// gives all that it acknowledged before it died.
func killOnce(t *testing.T, dir string, round int) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "KEYREEVE_KILL_WRITER="+dir, "KEYREEVE_KILL_ROUND="+fmt.Sprintf("%03d", round))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	var acknowledged []string
	for n := rand.IntN(1000); ; n-- {
		if n == 0 {
			cmd.Process.Kill()
		}
		line, err := r.ReadString('\n')
		if err == io.EOF {
			break // a line that was cut off is no acknowledgement
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "error") {
			t.Error(line)
		}
		acknowledged = append(acknowledged, strings.TrimSpace(line))
	}
	cmd.Wait()
	return acknowledged
}
