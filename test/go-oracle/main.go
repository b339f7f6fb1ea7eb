// Command oracle answers, for every JSON line on stdin, what a Go TLS client says about a server's certificates: the same
// calls in the same order as crypto/tls makes them, without a network. verify is measured against it.
//
// In:  {"chain": [base64 DER, ...], "roots": "PEM text", "host": "...", "now": "RFC 3339", "client": false}
// Out: {"error": "..."} with "" for a chain that is believed. The first line out is {"go": "go1.x.y"}.
package main

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"
)

type question struct {
	Chain  [][]byte  `json:"chain"`
	Roots  string    `json:"roots"`
	Host   string    `json:"host"`
	Now    time.Time `json:"now"`
	Client bool      `json:"client"`
}

type words struct{ none, parse, size, keyType, weak string }

var serverWords = words{
	"tls: received empty certificates message",
	"tls: failed to parse certificate from server: ",
	"tls: server sent certificate containing RSA key larger than 8192 bits",
	"tls: server's certificate contains an unsupported type of public key: %T",
	"tls: invalid signature by the server certificate: ",
}

var clientWords = words{
	"tls: client didn't provide a certificate",
	"tls: failed to parse client certificate: ",
	"tls: client sent certificate containing RSA key larger than 8192 bits",
	"tls: client certificate contains an unsupported public key of type %T",
	"tls: invalid signature by the client certificate: ",
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.Encode(map[string]string{"go": runtime.Version()})
	decoder := json.NewDecoder(in)
	for decoder.More() {
		var q question
		if err := decoder.Decode(&q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		text := ""
		if err := answer(q); err != nil {
			text = err.Error()
		}
		out.Encode(map[string]string{"error": text})
	}
}

func answer(q question) error {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(q.Roots)) {
		return fmt.Errorf("unable to load root certificates: %w", whyNoRoots([]byte(q.Roots)))
	}
	w := serverWords
	if q.Client {
		w = clientWords
	} else if q.Host == "" {
		return errors.New("tls: either ServerName or InsecureSkipVerify must be specified in the tls.Config")
	}
	if len(q.Chain) == 0 {
		return errors.New(w.none)
	}
	var certs []*x509.Certificate
	for _, der := range q.Chain {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return errors.New(w.parse + err.Error())
		}
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > 8192 {
			return errors.New(w.size)
		}
		certs = append(certs, cert)
	}
	options := x509.VerifyOptions{Roots: pool, CurrentTime: q.Now, DNSName: q.Host, Intermediates: x509.NewCertPool()}
	for _, cert := range certs[1:] {
		options.Intermediates.AddCert(cert)
	}
	if q.Client {
		options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		if err := leafKey(certs[0], w); err != nil {
			return err
		}
		_, err := certs[0].Verify(options)
		return err
	}
	if _, err := certs[0].Verify(options); err != nil {
		return fmt.Errorf("tls: failed to verify certificate: %w", err)
	}
	return leafKey(certs[0], w)
}

// leafKey refuses what the handshake refuses after the chain was believed: kinds of keys that TLS does not use, and RSA keys
// with which crypto/rsa will not check a signature.
func leafKey(leaf *x509.Certificate, w words) error {
	switch key := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		digest := make([]byte, 32)
		err := rsa.VerifyPSS(key, crypto.SHA256, digest, digest, saltLikeHash())
		if err != nil && !errors.Is(err, rsa.ErrVerification) {
			return errors.New(w.weak + err.Error())
		}
		return nil
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return nil
	default:
		return fmt.Errorf(w.keyType, leaf.PublicKey)
	}
}

func saltLikeHash() *rsa.PSSOptions { return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash} }

// whyNoRoots words the start-up error as client-go does.
func whyNoRoots(text []byte) error {
	for len(text) > 0 {
		var block *pem.Block
		block, text = pem.Decode(text)
		if block == nil {
			return errors.New("unable to parse bytes as PEM block")
		}
		if block.Type != "CERTIFICATE" || len(block.Headers) != 0 {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf("failed to parse certificate: %w", err)
		}
	}
	return errors.New("no valid certificate authority data seen")
}
