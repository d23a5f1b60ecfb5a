package server

import (
	"sync"

	"golang.org/x/time/rate"

	"github.com/keyreeve/keyreeve/apierror"
)

// limiter slows down those who fail to authenticate: a bucket an address, of
// which each failure takes one token. An address whose bucket is empty is
// answered Throttling without a look at its signature, so that guessing keys or
// asking which accounts exist is slow, and costs little.
type limiter struct {
	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// A bucket holds as many failures as a client that is set up wrongly makes in a
// minute or two before somebody notices, and fills slowly. There are at most
// maxFailureBucket; when there are more addresses than that, all begin afresh.
const (
	failureBurst     = 300
	failuresASecond  = 5
	maxFailureBucket = 50_000
)

func newLimiter() *limiter { return &limiter{buckets: map[string]*rate.Limiter{}} }

// allow refuses an address that has failed too often.
func (l *limiter) allow(address string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.buckets[address]; ok && b.Tokens() < 1 {
		return apierror.New(apierror.Throttling, "Rate exceeded")
	}
	return nil
}

// failed counts a failure of an address.
func (l *limiter) failed(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[address]
	if !ok {
		if len(l.buckets) >= maxFailureBucket {
			clear(l.buckets)
		}
		b = rate.NewLimiter(failuresASecond, failureBurst)
		l.buckets[address] = b
	}
	b.Allow()
}

// accountRates bounds the calls of each account, where the operator wants that.
type accountRates struct {
	mu      sync.Mutex
	perSec  float64 // 0: no bound
	buckets map[string]*rate.Limiter
}

// allow takes one call of an account, or refuses it. An account may have two
// seconds' worth of calls at once.
func (a *accountRates) allow(account string) error {
	if a.perSec <= 0 || account == "" {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b, ok := a.buckets[account]
	if !ok {
		if a.buckets == nil {
			a.buckets = map[string]*rate.Limiter{}
		}
		b = rate.NewLimiter(rate.Limit(a.perSec), max(1, int(2*a.perSec)))
		a.buckets[account] = b
	}
	if !b.Allow() {
		return apierror.New(apierror.Throttling, "Rate exceeded")
	}
	return nil
}
