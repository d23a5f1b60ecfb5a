package apierror_test

import (
	"errors"
	"fmt"

	"github.com/keyreeve/keyreeve/apierror"
)

func Example() {
	var err error = apierror.New(apierror.NoSuchEntity, "The user with name %s cannot be found.", "alice")
	err = fmt.Errorf("reading alice: %w", err)

	fmt.Println(errors.Is(err, apierror.NoSuchEntity))
	fmt.Println(apierror.Of(err).Message)
	// Output:
	// true
	// The user with name alice cannot be found.
}
