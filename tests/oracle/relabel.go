package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"go.yaml.in/yaml/v2"
)

// relabelCase is one line of input: rules as the YAML of relabel_configs, and
// the label sets that they are applied to.
type relabelCase struct {
	Rules  string              `json:"rules"`
	Labels []map[string]string `json:"labels"`
}

// relabelAnswer is one line of output. A dropped label set is null. Labels are
// pairs, because label names need not be distinct words of JSON.
type relabelAnswer struct {
	Error  string        `json:"error,omitempty"`
	Labels [][][2]string `json:"labels"`
}

// cmdRelabel answers every case of stdin on stdout.
func cmdRelabel([]string) error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var c relabelCase
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			return fmt.Errorf("read a case: %w", err)
		}
		if err := out.Encode(relabelOne(c)); err != nil {
			return err
		}
	}
	return in.Err()
}

// relabelOne reads and validates the rules as Prometheus does with a
// configuration file, and applies them.
func relabelOne(c relabelCase) relabelAnswer {
	var rules []*relabel.Config
	if err := yaml.UnmarshalStrict([]byte(c.Rules), &rules); err != nil {
		return relabelAnswer{Error: err.Error()}
	}
	for _, rule := range rules {
		if err := rule.Validate(model.UTF8Validation); err != nil {
			return relabelAnswer{Error: err.Error()}
		}
	}
	answer := relabelAnswer{Labels: [][][2]string{}}
	for _, set := range c.Labels {
		builder := labels.NewBuilder(labels.FromMap(set))
		if !relabel.ProcessBuilder(builder, rules...) {
			answer.Labels = append(answer.Labels, nil)
			continue
		}
		pairs := [][2]string{}
		builder.Labels().Range(func(l labels.Label) {
			pairs = append(pairs, [2]string{l.Name, l.Value})
		})
		answer.Labels = append(answer.Labels, pairs)
	}
	return answer
}
