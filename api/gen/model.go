package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// model is a model file, as botocore writes it: names are botocore's.
type model struct {
	file    string // base name, for headers
	Service string `json:"service"`
	Model   struct {
		Metadata   metadata              `json:"metadata"`
		Operations map[string]*operation `json:"operations"`
		Shapes     map[string]*shape     `json:"shapes"`
	} `json:"model"`
	Paginators map[string]*paginator `json:"paginators"`
}

type metadata struct {
	APIVersion     string `json:"apiVersion"`
	EndpointPrefix string `json:"endpointPrefix"`
	GlobalEndpoint string `json:"globalEndpoint"`
	JSONVersion    string `json:"jsonVersion"`
	Protocol       string `json:"protocol"`
	ServiceAbbrev  string `json:"serviceAbbreviation"`
	ServiceFull    string `json:"serviceFullName"`
	ServiceID      string `json:"serviceId"`
	SigningName    string `json:"signingName"`
	TargetPrefix   string `json:"targetPrefix"`
	XMLNamespace   string `json:"xmlNamespace"`
}

type operation struct {
	Name string `json:"name"`
	HTTP struct {
		Method       string `json:"method"`
		RequestURI   string `json:"requestUri"`
		ResponseCode int    `json:"responseCode"`
	} `json:"http"`
	Input  *ref `json:"input"`
	Output *struct {
		ref
		ResultWrapper string `json:"resultWrapper"`
	} `json:"output"`
	Errors     []ref  `json:"errors"`
	AuthType   string `json:"authtype"`
	Idempotent bool   `json:"idempotent"`
	ReadOnly   bool   `json:"readonly"`
}

// ref is the use of a shape.
type ref struct {
	Shape            string `json:"shape"`
	Location         string `json:"location"`
	LocationName     string `json:"locationName"`
	Flattened        bool   `json:"flattened"`
	IdempotencyToken bool   `json:"idempotencyToken"`
	TimestampFormat  string `json:"timestampFormat"`
}

type shape struct {
	Type            string      `json:"type"`
	Members         orderedRefs `json:"members"`
	Required        []string    `json:"required"`
	Member          *ref        `json:"member"`
	Key             *ref        `json:"key"`
	Value           *ref        `json:"value"`
	Min             *int64      `json:"min"`
	Max             *int64      `json:"max"`
	Pattern         string      `json:"pattern"`
	Enum            []string    `json:"enum"`
	Sensitive       bool        `json:"sensitive"`
	Flattened       bool        `json:"flattened"`
	Union           bool        `json:"union"`
	TimestampFormat string      `json:"timestampFormat"`
	Exception       bool        `json:"exception"`
	Error           *struct {
		Code           string `json:"code"`
		HTTPStatusCode int    `json:"httpStatusCode"`
		SenderFault    bool   `json:"senderFault"`
	} `json:"error"`
	Fault     bool            `json:"fault"`
	Retryable json.RawMessage `json:"retryable"`

	re2 string // set by override, instead of a translation of Pattern
}

type paginator struct {
	InputToken  names `json:"input_token"`
	OutputToken names `json:"output_token"`
	LimitKey    string
	MoreResults string
	ResultKey   names
}

// UnmarshalJSON exists because botocore writes one name or a list of them.
func (p *paginator) UnmarshalJSON(b []byte) error {
	var raw struct {
		InputToken  names  `json:"input_token"`
		OutputToken names  `json:"output_token"`
		LimitKey    string `json:"limit_key"`
		MoreResults string `json:"more_results"`
		ResultKey   names  `json:"result_key"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*p = paginator(raw)
	return nil
}

type names []string

func (n *names) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*n = names{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(n))
}

func load(dir, service string) (*model, error) {
	in, file, err := open(dir, service)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	m := &model{file: file}
	if err := json.NewDecoder(in).Decode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if m.Service != service || len(m.Model.Operations) == 0 {
		return nil, fmt.Errorf("%s: %w", file, errors.New("not a model of "+service))
	}
	return m, nil
}

// open gives the text of a model: AWS's are packed, our own is not.
func open(dir, service string) (io.ReadCloser, string, error) {
	file := service + ".json.gz"
	f, err := os.Open(filepath.Join(dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		file = service + ".json"
		f, err = os.Open(filepath.Join(dir, file))
		return f, file, err
	}
	if err != nil {
		return nil, file, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, file, fmt.Errorf("%s: %w", file, err)
	}
	return z, file, nil
}
