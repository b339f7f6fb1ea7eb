package main

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

type patched struct {
	// null when the patch was refused.
	Object json.RawMessage `json:"object"`
	// Why it was refused, '' otherwise.
	Error string `json:"error"`
}

// strategicMergePatch patches an object by the tags of its Go type.
func strategicMergePatch(question json.RawMessage) (any, error) {
	var asked struct {
		Group   string          `json:"group"`
		Version string          `json:"version"`
		Kind    string          `json:"kind"`
		Object  json.RawMessage `json:"object"`
		Patch   json.RawMessage `json:"patch"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	kind := schema.GroupVersionKind{Group: asked.Group, Version: asked.Version, Kind: asked.Kind}
	typed, err := scheme.New(kind)
	if err != nil {
		return nil, err
	}
	result, why := applied(asked.Object, asked.Patch, typed)
	if why != nil {
		return patched{Object: json.RawMessage("null"), Error: why.Error()}, nil
	}
	return patched{Object: result}, nil
}

// applied turns a panic of the library into a refusal: the apiserver recovers from it and answers 500.
func applied(object, patch []byte, typed any) (result []byte, err error) {
	defer func() {
		if why := recover(); why != nil {
			err = fmt.Errorf("panic: %v", why)
		}
	}()
	return strategicpatch.StrategicMergePatch(object, patch, typed)
}
