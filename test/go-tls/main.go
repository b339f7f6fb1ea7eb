// A peer for the TLS tests that is really Go: what midplane imitates must be recognised by the original.
//
//	go-tls server FLAGS   serves on a port of the system's choice, prints it, then one JSON line per connection
//	go-tls client FLAGS   makes one connection and prints one JSON line
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

type report struct {
	Error            string `json:"error"`
	Version          string `json:"version"`
	Alpn             string `json:"alpn"`
	ServerName       string `json:"serverName"`
	Resumed          bool   `json:"resumed"`
	PeerCertificates int    `json:"peerCertificates"`
	Heard            string `json:"heard"`
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go-tls server|client FLAGS")
		os.Exit(2)
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	cert := flags.String("cert", "", "PEM file: the pair's certificate")
	key := flags.String("key", "", "PEM file: the pair's key")
	show := flags.String("show", "", "PEM file: the certificate to show instead, whose key we do not have")
	ca := flags.String("ca", "", "PEM file: servers require a client certificate of it, clients verify against it")
	max := flags.String("max", "1.3", "highest version")
	retry := flags.Bool("retry", false, "accept the curve P-384 only")
	noCertificate := flags.Bool("no-certificate", false, "GetCertificate fails, as in a kubelet that waits for its CSR")
	connect := flags.String("connect", "", "client: host:port")
	name := flags.String("name", "", "client: server name")
	alpn := flags.String("alpn", "", "one protocol")
	_ = flags.Parse(os.Args[2:])

	config := &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert, ServerName: *name}
	if *max == "1.2" {
		config.MaxVersion = tls.VersionTLS12
	}
	if *retry {
		config.CurvePreferences = []tls.CurveID{tls.CurveP384}
	}
	if *alpn != "" {
		config.NextProtos = []string{*alpn}
	}
	if *ca != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(must(os.ReadFile(*ca)))
		config.RootCAs, config.ClientCAs = pool, pool
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if *cert != "" {
		pair := must(tls.LoadX509KeyPair(*cert, *key))
		if *show != "" {
			block, _ := pem.Decode(must(os.ReadFile(*show)))
			pair = tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: pair.PrivateKey}
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if *noCertificate {
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("no serving certificate available for the kubelet")
		}
	}
	if os.Args[1] == "client" {
		conn := must(net.Dial("tcp", *connect))
		converse(tls.Client(conn, config), true)
		return
	}
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		converse(tls.Server(must(listener.Accept()), config), false)
	}
}

// The client says "ping" and hears what comes back; the server repeats what it hears.
func converse(conn *tls.Conn, speaksFirst bool) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	seen := report{}
	err := conn.Handshake()
	if err == nil && speaksFirst {
		_, err = conn.Write([]byte("ping"))
	}
	if err == nil {
		buffer := make([]byte, 64)
		var n int
		n, err = conn.Read(buffer)
		seen.Heard = string(buffer[:n])
		if err == nil && !speaksFirst {
			_, err = conn.Write(buffer[:n])
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		seen.Error = err.Error()
	}
	state := conn.ConnectionState()
	seen.Version, seen.Alpn, seen.ServerName = tls.VersionName(state.Version), state.NegotiatedProtocol, state.ServerName
	seen.Resumed, seen.PeerCertificates = state.DidResume, len(state.PeerCertificates)
	fmt.Println(string(must(json.Marshal(seen))))
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}
