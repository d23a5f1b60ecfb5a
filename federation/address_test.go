package federation

import (
	"net/netip"
	"testing"
)

// TestAddresses: what is on the internet, what is inside, and what is never asked.
func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"8.8.8.8": "public", "140.82.112.21": "public", "2606:50c0:8000::153": "public", "::ffff:8.8.8.8": "public",
		"127.0.0.1": "inside", "10.1.2.3": "inside", "172.31.0.1": "inside", "192.168.1.1": "inside", "100.64.0.1": "inside",
		"198.18.0.1": "inside", "::1": "inside", "fd00::1": "inside", "::ffff:10.0.0.1": "inside", "240.0.0.1": "inside",
		"64:ff9b::a00:1": "inside", "2002:a00:1::1": "inside", "2001::1": "inside", "2001:db8::1": "inside", "255.255.255.255": "inside",
		"169.254.169.254": "never", "::ffff:169.254.169.254": "never", "fe80::1": "never", "fd00:ec2::254": "never",
		"0.0.0.0": "never", "::": "never", "224.0.0.1": "never", "ff02::1": "never",
	} {
		ip := netip.MustParseAddr(text)
		got := "inside"
		switch {
		case never(ip.Unmap()):
			got = "never"
		case public(ip):
			got = "public"
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
		v := &visit{publicOnly: true}
		if err := v.mayAsk(netip.AddrPortFrom(ip, 443).String()); (err == nil) != (want == "public") {
			t.Errorf("%s, public only: %v", text, err)
		}
		v = &visit{}
		if err := v.mayAsk(netip.AddrPortFrom(ip, 443).String()); (err == nil) == (want == "never") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
