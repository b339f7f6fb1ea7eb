// Kubernetes' own libraries as an oracle: each line of standard input is a question in JSON, each line of standard
// output its answer. A new question is a function and a row in `operations`.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type operation func(question json.RawMessage) (any, error)

var operations = map[string]operation{
	"decode":                decode,
	"encode":                encode,
	"strategic-merge-patch": strategicMergePatch,
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := answers.Encode(answer(lines.Bytes())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// answer is the operation's answer, or {"failed": why} when the question itself makes no sense.
func answer(line []byte) any {
	var asked struct {
		Operation string `json:"operation"`
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return map[string]string{"failed": err.Error()}
	}
	run, ok := operations[asked.Operation]
	if !ok {
		return map[string]string{"failed": "no operation " + asked.Operation}
	}
	result, err := run(line)
	if err != nil {
		return map[string]string{"failed": err.Error()}
	}
	return result
}
