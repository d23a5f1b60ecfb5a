package workload_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/policy/eval/workload"
)

func Example() {
	w, err := workload.New("a")
	if err != nil {
		fmt.Println(err)
		return
	}
	p := &w.Principals[0]
	fmt.Println(p.ARN, "has", len(w.Groups), "groups and", len(w.Identity(p)), "policies")
	questions, wrong := w.Compose().Questions(), 0
	for i := range questions {
		q := &questions[i]
		if q.Mine.Decide(&q.Request, q.Its).Outcome.String() != w.Want(&w.Requests[i]) {
			wrong++
		}
	}
	fmt.Println(len(questions), "questions,", wrong, "answered wrongly")
	// Output:
	// arn:aws:iam::111122223333:user/u1 has 2 groups and 5 policies
	// 512 questions, 0 answered wrongly
}
