package operator

import (
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/service"
)

// eventsAtOnce is how many audit events one call of ListEvents gives at most.
const eventsAtOnce = 1000

// listEvents gives the audit records of a time, oldest first, page by page. A
// marker is the time and the id of the event that comes next.
func (o operations) listEvents(c *service.Call, in *keyreeveapi.ListEventsInput) (*keyreeveapi.ListEventsOutput, error) {
	from, to, next := time.Time{}, c.Now.Add(time.Minute), ""
	if in.StartTime != nil {
		from = *in.StartTime
	}
	if in.EndTime != nil {
		to = *in.EndTime
	}
	if in.Marker != nil {
		at, id, _ := strings.Cut(*in.Marker, " ")
		var err error
		if from, err = time.Parse(time.RFC3339Nano, at); err != nil {
			return nil, apierror.New(apierror.ValidationError, "Invalid Marker.")
		}
		next = id
	}
	size := eventsAtOnce
	if in.MaxItems != nil {
		size = int(*in.MaxItems)
	}
	out := &keyreeveapi.ListEventsOutput{Records: []string{}}
	err := o.Events(from, to, func(id string, at time.Time, record []byte) bool {
		if at.Equal(from) && id < next {
			return true
		}
		if len(out.Records) == size {
			out.IsTruncated, out.Marker = true, new(at.Format(time.RFC3339Nano)+" "+id)
			return false
		}
		out.Records = append(out.Records, string(record))
		return true
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
