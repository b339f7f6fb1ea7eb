module midplane.test/go-tls

go 1.21
