// A device of Berth in Go: paho.golang's autopaho, MQTT 5.0 over TLS (8883) or WebSocket over TLS (8084).
// Its 3.1.1 sibling paho.mqtt.golang cannot say why it was refused: 3.1.1 has no Reason String.
//
//	go run sample.go
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"
)

// ---- settings: change these ----
const (
	host      = "your-deployment.example.com" // the deployment's own address, never an IP address: it is sent as SNI too
	transport = "tls"                         // "tls", or "wss" where only web ports are open
	tlsPort   = 8883
	wssPort   = 8084
	username  = "your-user"
	password  = "your-password"
	caFile    = "ca.crt"
	clientID  = "sample-go" // one of its own for every device
)

// ---- end of settings ----

const (
	status   = "devices/" + clientID + "/status"
	messages = "devices/" + clientID + "/messages"
)

// Reason codes of MQTT 5.0 to Berth's error numbers, where the server says no Reason String.
var (
	onConnect = map[byte]int{0x81: -9, 0x82: -9, 0x84: -9, 0x85: -9, 0x86: -4, 0x87: -5, 0x88: -6, 0x89: -15,
		0x8a: -8, 0x97: -7, 0x9f: -7}
	onOpen    = map[byte]int{0x87: -4, 0x8b: -15, 0x8d: -13, 0x8e: -12, 0x93: -11, 0x95: -11, 0x98: -14}
	onMessage = map[byte]int{0x87: -10, 0x97: -11}
)

// refused makes a sentence of a reason code; Berth's Reason String begins with the number already.
func refused(code byte, said string, numbers map[byte]int) string {
	if strings.HasPrefix(said, "error -") {
		return said
	}
	number, known := numbers[code]
	if !known {
		number = -9
	}
	return fmt.Sprintf("error %d: refused with 0x%02x", number, code)
}

// explain makes a sentence of what went wrong while connecting.
func explain(err error) string {
	var connack *autopaho.ConnackError
	var dns *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &connack):
		return refused(connack.ReasonCode, connack.Reason, onConnect)
	case errors.As(err, &dns):
		return fmt.Sprintf("error -1: the address %s does not resolve: %v", host, dns)
	case errors.As(err, &untrusted):
		return fmt.Sprintf("error -3: the certificate is not trusted (CA file, clock, address): %v", untrusted.Err)
	case errors.As(err, &header):
		return fmt.Sprintf("error -2: this port does not speak TLS: %v", header)
	case errors.As(err, &alert), errors.Is(err, syscall.ECONNRESET):
		return fmt.Sprintf("error -3: TLS was cut or failed: %v", err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("error -2: wrong port, or the service is down: %v", err)
	case strings.Contains(err.Error(), "bad handshake"):
		return fmt.Sprintf("error -2: wrong WebSocket port or path: %v", err)
	}
	return fmt.Sprintf("error -1: %s is not reached: %v", host, err)
}

// backOff waits 0.5 to 1 of 1, 2, 4 ... 60 seconds; the first try comes at once.
func backOff(attempt int) time.Duration {
	if attempt == 0 {
		return 0
	}
	full := min(time.Minute, time.Second<<min(attempt-1, 6))
	return time.Duration((0.5 + rand.Float64()/2) * float64(full))
}

func main() {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	server := &url.URL{Scheme: "tls", Host: fmt.Sprintf("%s:%d", host, tlsPort)}
	if transport == "wss" {
		server = &url.URL{Scheme: "wss", Host: fmt.Sprintf("%s:%d", host, wssPort), Path: "/mqtt"}
	}
	ctx := context.Background()
	connection, err := autopaho.NewConnection(ctx, autopaho.ClientConfig{
		ServerUrls:       []*url.URL{server},
		TlsCfg:           &tls.Config{RootCAs: roots, ServerName: host},
		ConnectUsername:  username,
		ConnectPassword:  []byte(password),
		KeepAlive:        30,
		ReconnectBackoff: backOff,
		// The session waits for an hour, so that messages reach a device that was away.
		SessionExpiryInterval: 3600,
		WillMessage:           &paho.WillMessage{Topic: status, Payload: []byte("offline"), QoS: 1, Retain: true},
		OnConnectionUp: func(c *autopaho.ConnectionManager, _ *paho.Connack) {
			fmt.Println("connected")
			suback, err := c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: messages, QoS: 1}}})
			if err != nil && suback != nil && len(suback.Reasons) > 0 {
				fmt.Println(refused(suback.Reasons[0], "", onMessage))
			}
			publish(ctx, c, status, "online", true)
		},
		OnConnectError: func(err error) { fmt.Println(explain(err)) },
		ClientConfig: paho.ClientConfig{
			ClientID: clientID,
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
				fmt.Printf("received: %s\n", p.Packet.Payload)
				return true, nil
			}},
			OnClientError: func(err error) { fmt.Printf("error -13: the connection was lost: %v\n", err) },
			OnServerDisconnect: func(d *paho.Disconnect) {
				said := ""
				if d.Properties != nil {
					said = d.Properties.ReasonString
				}
				fmt.Println(refused(d.ReasonCode, said, onOpen))
			},
		},
	})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for count := 1; ; count++ {
		if connection.AwaitConnection(ctx) == nil {
			publish(ctx, connection, messages, fmt.Sprintf("hello %d", count), false)
		}
		time.Sleep(2 * time.Second)
	}
}

// publish waits for the PUBACK and tells a refusal.
func publish(ctx context.Context, c *autopaho.ConnectionManager, topic, text string, retain bool) {
	soon, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	answer, err := c.Publish(soon, &paho.Publish{Topic: topic, Payload: []byte(text), QoS: 1, Retain: retain})
	if err != nil && answer != nil && answer.ReasonCode >= 0x80 {
		said := ""
		if answer.Properties != nil {
			said = answer.Properties.ReasonString
		}
		fmt.Println(refused(answer.ReasonCode, said, onMessage))
	}
}
