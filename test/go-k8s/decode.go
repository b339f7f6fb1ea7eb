package main

import (
	"bytes"
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

type document struct {
	// "json", "yaml" or "protobuf"
	Format string `json:"format"`
	// base64 in JSON
	Body []byte `json:"body"`
	// What the endpoint serves: the body may leave it out.
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
	Strict  bool   `json:"strict"`
}

type decoded struct {
	// As Go writes it again, null when nothing could be decoded.
	Object json.RawMessage `json:"object"`
	// Why nothing was decoded, '' otherwise.
	Error string `json:"error"`
	// What is wrong with an object that was decoded nevertheless.
	Strict []string `json:"strict"`
}

// decode reads a body as a handler of the apiserver does.
func decode(question json.RawMessage) (any, error) {
	var asked document
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	expected := schema.GroupVersionKind{Group: asked.Group, Version: asked.Version, Kind: asked.Kind}
	object, _, err := serializer(asked.Format, asked.Strict).Decode(asked.Body, &expected, nil)
	result := decoded{Object: json.RawMessage("null"), Strict: []string{}}
	if strict, ok := runtime.AsStrictDecodingError(err); ok {
		for _, one := range strict.Errors() {
			result.Strict = append(result.Strict, one.Error())
		}
	} else if err != nil {
		result.Error = err.Error()
		return result, nil
	}
	var written bytes.Buffer
	if err := serializer("json", false).Encode(object, &written); err != nil {
		return nil, err
	}
	result.Object = written.Bytes()
	return result, nil
}

// encode writes a JSON object in protobuf, as client-go does.
func encode(question json.RawMessage) (any, error) {
	var asked struct {
		Object json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	object, _, err := serializer("json", false).Decode(asked.Object, nil, nil)
	if err != nil {
		return nil, err
	}
	var written bytes.Buffer
	if err := serializer("protobuf", false).Encode(object, &written); err != nil {
		return nil, err
	}
	return map[string][]byte{"body": written.Bytes()}, nil
}

func serializer(format string, strict bool) runtime.Serializer {
	if format == "protobuf" {
		return protobuf.NewSerializer(scheme, scheme)
	}
	options := kjson.SerializerOptions{Yaml: format == "yaml", Strict: strict}
	return kjson.NewSerializerWithOptions(kjson.DefaultMetaFactory, scheme, scheme, options)
}
