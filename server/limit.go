package server

import (
	"maps"
	"net/netip"
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
// maxFailureBucket; when there are more addresses than that, those that are full
// again are forgotten, which changes nothing for anybody. Only if nearly none is,
// all begin afresh: it takes many thousand failures a second to get there.
const (
	failureBurst     = 1000
	failuresASecond  = 10
	maxFailureBucket = 50_000
)

// network is whose bucket an address takes from: of IPv6 it is the network of 64
// bits, for whoever has one address has all of that.
func network(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil || !addr.Is6() {
		return address
	}
	n, err := addr.Prefix(64)
	if err != nil {
		return address
	}
	return n.String()
}

func newLimiter() *limiter { return &limiter{buckets: map[string]*rate.Limiter{}} }

// allow refuses an address that has failed too often.
func (l *limiter) allow(address string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.buckets) == 0 {
		return nil
	}
	if b, ok := l.buckets[network(address)]; ok && b.Tokens() < 1 {
		return apierror.New(apierror.Throttling, "Rate exceeded")
	}
	return nil
}

// failed counts a failure of an address.
func (l *limiter) failed(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	address = network(address)
	b, ok := l.buckets[address]
	if !ok {
		if len(l.buckets) >= maxFailureBucket {
			l.forget()
		}
		b = rate.NewLimiter(failuresASecond, failureBurst)
		l.buckets[address] = b
	}
	b.Allow()
}

// forget makes room. The caller holds the lock.
func (l *limiter) forget() {
	maps.DeleteFunc(l.buckets, func(_ string, b *rate.Limiter) bool { return b.Tokens() >= failureBurst })
	if len(l.buckets) > maxFailureBucket*9/10 {
		clear(l.buckets)
	}
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
