package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/organization"
)

// explanation is a decision for people, and the answer of the operation Explain.
type explanation struct {
	Principal  string               `xml:"-" json:"principal"`
	Action     string               `xml:"-" json:"action"`
	Resource   string               `xml:"-" json:"resource"`
	Decision   string               `xml:"ExplainResult>Decision" json:"decision"`
	PolicyKind string               `xml:"ExplainResult>PolicyKind" json:"policyKind"`
	Why        string               `xml:"ExplainResult>Why" json:"why"`
	Message    string               `xml:"ExplainResult>Message" json:"message,omitempty"`
	Policies   []string             `xml:"ExplainResult>Policies>member" json:"policies"`
	Statements []explainedStatement `xml:"ExplainResult>Statements>member" json:"statements"`
	Missing    []nearMiss           `xml:"ExplainResult>Missing>member" json:"missing"`
	Hints      []string             `xml:"ExplainResult>Hints>member" json:"hints"`
}

type explainedStatement struct {
	PolicyKind string   `json:"policyKind"`
	Policy     string   `json:"policy"`
	Level      int      `json:"level,omitempty"`
	Sid        string   `json:"sid,omitempty"`
	Effect     string   `json:"effect"`
	Line       int      `json:"line"`
	Column     int      `json:"column"`
	EndLine    int      `json:"endLine"`
	EndColumn  int      `json:"endColumn"`
	Text       string   `json:"text"`
	Because    []string `xml:"Because>member" json:"because,omitempty"`
}

// nearMiss is an Allow statement that did not apply.
type nearMiss struct {
	PolicyKind string    `json:"policyKind"`
	Policy     string    `json:"policy"`
	Level      int       `json:"level,omitempty"`
	Sid        string    `json:"sid,omitempty"`
	Line       int       `json:"line"`
	Column     int       `json:"column"`
	EndLine    int       `json:"endLine"`
	EndColumn  int       `json:"endColumn"`
	Failed     []failure `xml:"Failed>member" json:"failed"`
}

// failure is what of a statement does not fit.
type failure struct {
	Element  string   `json:"element"`
	Operator string   `json:"operator,omitempty"`
	Key      string   `json:"key,omitempty"`
	Seen     []string `xml:"Seen>member" json:"seen"`
	Wanted   []string `xml:"Wanted>member" json:"wanted"`
	Text     string   `json:"text"`
	Hint     string   `json:"hint,omitempty"`
}

// listAll makes lists that were not in the answer empty ones, for programs.
func (e *explanation) listAll() {
	e.Policies, e.Hints = append([]string{}, e.Policies...), append([]string{}, e.Hints...)
	e.Statements, e.Missing = append([]explainedStatement{}, e.Statements...), append([]nearMiss{}, e.Missing...)
	for _, m := range e.Missing {
		for i := range m.Failed {
			f := &m.Failed[i]
			f.Seen, f.Wanted = append([]string{}, f.Seen...), append([]string{}, f.Wanted...)
		}
	}
}

// maxNearest is how many near misses people are shown.
const maxNearest = 3

// print tells an explanation to a person: who, what, on what, why, the lines that
// decided, and what came nearest to allowing it.
func (e *explanation) print(w io.Writer, c colours) {
	verdict := c.red(e.Decision)
	if e.Decision == "allowed" {
		verdict = c.green(e.Decision)
	}
	fmt.Fprintf(w, "%s\n\n", verdict)
	fmt.Fprintf(w, "  who        %s\n  what       %s\n  on         %s\n", e.Principal, e.Action, e.Resource)
	fmt.Fprintf(w, "  why        %s\n", e.Why)
	if e.Message != "" {
		fmt.Fprintf(w, "  the caller is told\n             %s\n", e.Message)
	}
	e.printStatements(w, c)
	e.printNearest(w, c)
	if len(e.Hints) > 0 {
		fmt.Fprintln(w)
	}
	for _, hint := range e.Hints {
		fmt.Fprintf(w, "  note: %s\n", hint)
	}
}

// printStatements shows what decided. What allows part of what is denied all the same
// is named only, and left out where it is an SCP: those allow nothing by themselves. Nor
// is a word lost on what allows everything at each level of an organization.
func (e *explanation) printStatements(w io.Writer, c colours) {
	for _, s := range e.Statements {
		switch {
		case s.Policy == organization.FullAccess, s.Policy == organization.RCPFullAccess:
		case e.Decision != "implicitDeny":
			s.print(w, c)
		case s.PolicyKind != "service control policy":
			fmt.Fprintf(w, "\n  allowed, which is not enough, by %s\n", place(s.Sid, s.PolicyKind, s.Policy, s.Level, s.Line, c))
		}
	}
}

func (e *explanation) printNearest(w io.Writer, c colours) {
	near := e.nearest()
	if len(near) > 0 {
		fmt.Fprintf(w, "\n  nearest to allowing it:\n")
	}
	for _, m := range near {
		m.print(w, c)
	}
	if more := len(e.Missing) - len(near); more > 0 {
		fmt.Fprintf(w, "\n    and %d farther off, see --output json\n", more)
	}
	if e.Decision == "implicitDeny" && len(e.Missing) == 0 && len(e.Policies) > 0 {
		fmt.Fprintf(w, "\n  nothing comes near; these were looked at:\n")
		for _, p := range e.Policies {
			fmt.Fprintf(w, "    %s\n", p)
		}
	}
}

// nearest are the near misses for people. Next to a statement that has the action,
// those for other actions are of no interest, and those for other services next to
// any.
func (e *explanation) nearest() []nearMiss {
	var near []nearMiss
	for _, m := range e.Missing {
		if len(near) > 0 && (m.otherService() || m.otherAction() && !near[0].otherAction()) {
			continue
		}
		if near = append(near, m); len(near) == maxNearest {
			break
		}
	}
	return near
}

func (s *explainedStatement) print(w io.Writer, c colours) {
	fmt.Fprintf(w, "\n  %s by %s:\n", s.Effect, place(s.Sid, s.PolicyKind, s.Policy, s.Level, s.Line, c))
	for i, line := range strings.Split(s.Text, "\n") {
		fmt.Fprintf(w, "    %4d | %s\n", s.Line+i, line)
	}
	for _, because := range s.Because {
		fmt.Fprintf(w, "      -> %s\n", because)
	}
}

func (m *nearMiss) print(w io.Writer, c colours) {
	fmt.Fprintf(w, "\n    %s\n", place(m.Sid, m.PolicyKind, m.Policy, m.Level, m.Line, c))
	for _, f := range m.Failed {
		fmt.Fprintf(w, "      %s\n", f.Text)
		if f.Hint != "" {
			fmt.Fprintf(w, "      -> %s\n", f.Hint)
		}
	}
}

func (m *nearMiss) otherAction() bool { return m.Failed[0].Element == "Action" }

// otherService tells whether the statement names actions, and none of the service.
func (m *nearMiss) otherService() bool {
	f := m.Failed[0]
	if !m.otherAction() || len(f.Seen) == 0 {
		return false
	}
	service, _, _ := strings.Cut(f.Seen[0], ":")
	return !slices.ContainsFunc(f.Wanted, func(wanted string) bool {
		prefix, _, _ := strings.Cut(wanted, ":")
		return strings.EqualFold(prefix, service)
	})
}

// place says where a statement stands.
func place(sid, kind, policy string, level, line int, c colours) string {
	statement := "a statement"
	if sid != "" {
		statement = fmt.Sprintf("statement %q", sid)
	}
	if level > 0 {
		kind = fmt.Sprintf("%s of level %d,", kind, level)
	}
	return fmt.Sprintf("%s of the %s %s, line %d", statement, kind, c.bold(policy), line)
}

// printUntold names the condition keys that a statement asks for and the question did
// not tell: a real call may have them.
func (e *explanation) printUntold(w io.Writer) {
	for _, m := range e.nearest() {
		for _, f := range m.Failed {
			if f.Key != "" && len(f.Seen) == 0 && f.Hint == "" {
				fmt.Fprintf(w, "\n  if a call has %[1]s, tell it: --context %[1]s=VALUE\n", f.Key)
				return
			}
		}
	}
}
