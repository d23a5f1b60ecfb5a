package cloudtrail

import (
	"slices"

	"github.com/keyreeve/keyreeve/service"
)

// Operations lists the operations of CloudTrail that are built.
func Operations() []service.Operation {
	return slices.Concat(trailOperations(), loggingOperations(), selectorOperations(), tagOperations(), keyOperations(), eventOperations())
}
