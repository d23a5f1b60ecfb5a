package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// parseService reads a record of services.pack. Keys come before resource types
// and those before actions, so that each line refers only to lines before it.
func parseService(record string) *Service {
	s := &Service{byName: map[string]int{}, byKey: map[string]int{}}
	var cells [8]string
	for line := range strings.Lines(record) {
		s.line(split(cells[:0], strings.TrimSuffix(line, "\n"), '\t'))
	}
	s.keys, s.resources, s.actions = slices.Clip(s.keys), slices.Clip(s.resources), slices.Clip(s.actions)
	return s
}

func (s *Service) line(cells []string) {
	switch kind, n := cells[0], len(cells); {
	case kind == "service" && n == 4:
		s.prefix, s.name, s.rcp = cells[1], cells[2], cells[3] == "rcp"
	case kind == "key" && n == 3:
		s.byKey[folded(cells[1])] = len(s.keys)
		s.keys = append(s.keys, newKey(cells[1], cells[2]))
	case kind == "resource" && n == 4:
		s.resources = append(s.resources, ResourceType{Name: cells[1], ARN: cells[2], ConditionKeys: s.keyNames(cells[3], ' ')})
	case kind == "action" && n == 5:
		s.byName[folded(cells[1])] = len(s.actions)
		s.actions = append(s.actions, Action{
			Service: s.prefix, Name: cells[1], AccessLevel: AccessLevel(cells[2]),
			ConditionKeys: s.keyNames(cells[3], ' '), Resources: s.uses(cells[4]),
		})
	default:
		panic(broken("service "+s.prefix, fmt.Errorf("line %q", cells)))
	}
}

// keyNames turns numbers of keys into their names.
func (s *Service) keyNames(cell string, sep byte) []string {
	if full(cell) == "" {
		return nil
	}
	numbers := split(nil, cell, sep)
	for i, n := range numbers {
		numbers[i] = s.keys[number(n)].Name
	}
	return slices.Clip(numbers)
}

// uses reads the resource types of an action: "3", "3!", "3=0,4".
func (s *Service) uses(cell string) []ResourceUse {
	if full(cell) == "" {
		return nil
	}
	var uses []ResourceUse
	for part := range strings.SplitSeq(cell, " ") {
		part, keys, _ := strings.Cut(part, "=")
		part, required := strings.CutSuffix(part, "!")
		uses = append(uses, ResourceUse{
			Type: s.resources[number(part)].Name, Required: required, ConditionKeys: s.keyNames(keys, ','),
		})
	}
	return slices.Clip(uses)
}
