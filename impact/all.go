package impact

import "time"

// recorded is a call on its way from who reads it to who decides it.
type recorded struct {
	id   string
	at   time.Time
	data []byte
}

// readAhead is how many calls are read at once, and how many such batches may wait.
const readAhead, batchesAhead = 256, 8

// All adds the calls that read gives, and decides them while read goes on. Read must give
// data that stays as it is.
func (r *Replay) All(read func(each func(id string, at time.Time, data []byte) bool) error) error {
	batches, err := make(chan []recorded, batchesAhead), make(chan error, 1)
	go func() {
		defer close(batches)
		batch := make([]recorded, 0, readAhead)
		err <- read(func(id string, at time.Time, data []byte) bool {
			if batch = append(batch, recorded{id, at, data}); len(batch) == readAhead {
				batches <- batch
				batch = make([]recorded, 0, readAhead)
			}
			return true
		})
		batches <- batch
	}()
	for batch := range batches {
		for _, c := range batch {
			r.Add(c.id, c.at, c.data)
		}
	}
	return <-err
}
