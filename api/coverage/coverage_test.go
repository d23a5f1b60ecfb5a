package coverage_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/api/coverage"
)

func Example() {
	page, err := coverage.Markdown([]coverage.Service{{ID: "sts", Built: []string{"GetCallerIdentity"}}})
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| [") || strings.HasPrefix(line, "| GetCaller") {
			fmt.Print(line)
		}
	}
	// Output:
	// | [AWS Identity and Access Management](#iam) | 2010-05-08 | 176 | 0 |
	// | [AWS Security Token Service](#sts) | 2011-06-15 | 11 | 1 |
	// | [AWS Organizations](#organizations) | 2016-11-28 | 63 | 0 |
	// | [AWS CloudTrail](#cloudtrail) | 2013-11-01 | 60 | 0 |
	// | [Access Analyzer](#accessanalyzer) | 2019-11-01 | 39 | 0 |
	// | GetCallerIdentity | yes |
}

func TestMarkdownRefuses(t *testing.T) {
	for want, services := range map[string][]coverage.Service{
		`no API model of service "s3"`:          {{ID: "s3"}},
		`iam has no operation "CreateUsers"`:    {{ID: "iam", Built: []string{"CreateUsers"}}},
		`iam: operation GetUser is there twice`: {{ID: "iam", Built: []string{"GetUser", "GetUser"}}},
		`service iam is there twice`:            {{ID: "iam"}, {ID: "iam"}},
	} {
		if _, err := coverage.Markdown(services); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
