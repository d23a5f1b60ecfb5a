package service

import (
	"fmt"
	"io"
)

// NewAccountID draws the number of an account that there is not yet.
func (c *Call) NewAccountID() (string, error) {
	for {
		id, err := DrawAccountID(c.Random)
		if err != nil {
			return "", err
		}
		if _, taken := c.Deployment().Account(id); !taken {
			return id, nil
		}
	}
}

// DrawAccountID draws an account number that does not begin with a zero, which
// spreadsheets and YAML lose.
func DrawAccountID(random io.Reader) (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	n := uint64(0)
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return fmt.Sprintf("%d", 100_000_000_000+n%900_000_000_000), nil
}
