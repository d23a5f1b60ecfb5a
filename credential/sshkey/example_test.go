package sshkey_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/credential/sshkey"
)

func Example() {
	key, err := sshkey.Parse("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDZoTL0pSWymfhNUq8pAK5SjWpcv5f38086arARIGk4ndVgijN5BpNiUwN5LZy4GFTkqA3W6mAzyCxCyAeCUepvwsO4ksJ8RXsdbfurS+1WEo2gWutCeHVtcsWEn6II9Zv1ySwPAXDN1kZjcM0cImH8THqfOUEoGe5OOxWKYoifhTy8wcA3jYIiyN886CCu8zk74NngMtPlP0/PCg0idTPurVmm6kUJ9PJl/Ykcp2RFsO15Yk8ILo0BvvYW9jFE1Y8lhdDRtP10kleOEFFYXVgkxI1Wmz4Oy1Jbc2DEf/H1mhmCaEvVWKOhd5BwRoVHJhrORgNOHo/kHmPbemd5uNOn ada@example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(key.Fingerprint())
	fmt.Println(key.PEM()[:26])
	_, err = sshkey.Parse("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPyhhXkhiYl/K4wnw54Tk/Jm1xSiWnZSk0slIG9XjgC")
	fmt.Println(err)
	// Output:
	// b9:da:04:06:38:8b:f6:be:ed:2d:18:eb:ab:ec:b5:87
	// -----BEGIN PUBLIC KEY-----
	// neither an ssh-rsa line nor one PEM block with a public key
}
