// Command reviews judges and maps tokens with the rules of aws-iam-authenticator, for a measurement:
// `reviews FOLDER COUNT` takes the tokens of FOLDER in turn until COUNT are judged.
//
// FOLDER has `map_roles.yaml`, and in `tokens` and `answers` line by line a token and what STS says to it.
// Prints how many were mapped. STS's answer is given at once, without a connection.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sigs.k8s.io/aws-iam-authenticator/pkg/config"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/configmap"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/file"
	"sigs.k8s.io/aws-iam-authenticator/pkg/token"
)

// sts answers every request with one text.
type sts struct{ answer string }

func (s *sts) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(strings.NewReader(s.answer)), ContentLength: int64(len(s.answer)), Request: request,
	}, nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: reviews FOLDER COUNT")
		os.Exit(2)
	}
	mapped, err := mapped(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(mapped)
}

func mapped(folder, number string) (int, error) {
	count, err := strconv.Atoi(number)
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadFile(filepath.Join(folder, "map_roles.yaml"))
	if err != nil {
		return 0, err
	}
	tokens, err := lines(folder, "tokens")
	if err != nil {
		return 0, err
	}
	answers, err := lines(folder, "answers")
	if err != nil {
		return 0, err
	}
	_, roles, _, err := configmap.ParseMap(map[string]string{"mapRoles": string(entries)})
	if err != nil {
		return 0, err
	}
	byKey := make(map[string]config.RoleMapping)
	for _, role := range roles {
		byKey[role.Key()] = role
	}
	// The store of aws-auth can only be filled by a watch; this mapper finds a role in the same way.
	mapper := file.NewFileMapperWithMaps(byKey, nil, nil)
	stub := &sts{}
	http.DefaultTransport = stub
	verifier := token.NewVerifier("prod", "aws", "eu-central-1")
	done := 0
	for index := 0; index < count; index++ {
		stub.answer = answers[index%len(tokens)]
		identity, err := verifier.Verify(tokens[index%len(tokens)])
		if err != nil {
			continue
		}
		if _, err := mapper.Map(identity); err == nil {
			done++
		}
	}
	return done, nil
}

func lines(folder, name string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(folder, name))
	return strings.Split(strings.TrimSpace(string(text)), "\n"), err
}
