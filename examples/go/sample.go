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
	"os/signal"
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
		0x8a: -8, 0x95: -11, 0x97: -7, 0x9f: -7}
	onOpen    = map[byte]int{0x87: -4, 0x89: -15, 0x8b: -15, 0x8d: -13, 0x8e: -12, 0x93: -11, 0x95: -11, 0x98: -14}
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
	switch {
	case errors.As(err, &connack):
		return refused(connack.ReasonCode, connack.Reason, onConnect)
	case errors.As(err, &dns):
		return fmt.Sprintf("error -1: the address %s does not resolve: %v", host, dns)
	case errors.As(err, &untrusted):
		return fmt.Sprintf("error -3: the certificate is not trusted (CA file, clock, address): %v", untrusted.Err)
	case errors.As(err, &header):
		return fmt.Sprintf("error -2: this port does not speak TLS: %v", header)
	case strings.Contains(err.Error(), "remote error: tls"), errors.Is(err, syscall.ECONNRESET):
		return fmt.Sprintf("error -3: TLS was cut or failed: %v", err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("error -2: wrong port, or the service is down: %v", err)
	case strings.Contains(err.Error(), "bad handshake"):
		return fmt.Sprintf("error -2: wrong WebSocket port or path: %v", err)
	}
	return fmt.Sprintf("error -1: %s is not reached: %v", host, err)
}

// backOff waits 0.5 to 1 of 1, 2, 4 ... 60 seconds before each try but the first.
// Only a connection that lasted for a minute starts it anew.
func backOff() func(int) time.Duration {
	tries, since := -1, time.Now()
	return func(int) time.Duration {
		if tries++; tries == 0 {
			return 0
		}
		if time.Since(since) > time.Minute {
			tries = 1
		}
		full := min(time.Minute, time.Second<<min(tries-1, 6))
		delay := time.Duration((0.5 + rand.Float64()/2) * float64(full))
		since = time.Now().Add(delay)
		fmt.Printf("next try in %.1f s\n", delay.Seconds())
		return delay
	}
}

// trust reads the CA file: its roots and nothing else.
func trust() *x509.CertPool {
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(caFile)
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		fmt.Fprintf(os.Stderr, "error -3: the CA file %s cannot be used: %v\n", caFile, err)
		os.Exit(1)
	}
	return roots
}

func connect() *autopaho.ConnectionManager {
	server := &url.URL{Scheme: "tls", Host: fmt.Sprintf("%s:%d", host, tlsPort)}
	if transport == "wss" {
		server = &url.URL{Scheme: "wss", Host: fmt.Sprintf("%s:%d", host, wssPort), Path: "/mqtt"}
	}
	connection, err := autopaho.NewConnection(context.Background(), autopaho.ClientConfig{
		ServerUrls:       []*url.URL{server},
		TlsCfg:           &tls.Config{RootCAs: trust(), ServerName: host},
		ConnectUsername:  username,
		ConnectPassword:  []byte(password),
		ConnectTimeout:   30 * time.Second,
		KeepAlive:        30,
		ReconnectBackoff: backOff(),
		// The session waits for an hour, so that messages reach a device that was away.
		SessionExpiryInterval: 3600,
		WillMessage:           &paho.WillMessage{Topic: status, Payload: []byte("offline"), QoS: 1, Retain: true},
		// It must not wait, so what waits for answers gets a goroutine of its own.
		OnConnectionUp: func(c *autopaho.ConnectionManager, _ *paho.Connack) {
			fmt.Println("connected")
			go subscribe(c)
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
		panic(err) // only what is set above can be wrong
	}
	return connection
}

func subscribe(c *autopaho.ConnectionManager) {
	asked := &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: messages, QoS: 1}}}
	answer, err := c.Subscribe(context.Background(), asked)
	if err != nil && answer != nil && len(answer.Reasons) > 0 {
		said := ""
		if answer.Properties != nil {
			said = answer.Properties.ReasonString
		}
		fmt.Println(refused(answer.Reasons[0], said, onMessage))
	}
	publish(context.Background(), c, status, "online", true)
}

// publish returns when the message is acknowledged, or is the session's to send again; it tells a refusal.
func publish(ctx context.Context, c *autopaho.ConnectionManager, topic, text string, retain bool) {
	for c.AwaitConnection(ctx) == nil {
		answer, err := c.Publish(ctx, &paho.Publish{Topic: topic, Payload: []byte(text), QoS: 1, Retain: retain})
		if answer != nil && answer.ReasonCode >= 0x80 {
			said := ""
			if answer.Properties != nil {
				said = answer.Properties.ReasonString
			}
			fmt.Println(refused(answer.ReasonCode, said, onMessage))
			return
		}
		// No answer in time: the library has it, and sends it again with the next connection.
		if err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, paho.ErrInvalidArguments) {
			return
		}
		time.Sleep(100 * time.Millisecond) // the connection went away in this moment
	}
}

func main() {
	stopped, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	connection := connect()
	outbox := make(chan string, 1000) // what waits for a connection
	go func() {
		for text := range outbox {
			publish(context.Background(), connection, messages, text, false)
		}
	}()
	// What the device has to say, connected or not.
	for count := 1; stopped.Err() == nil; count++ {
		select {
		case outbox <- fmt.Sprintf("hello %d", count):
		default:
			fmt.Printf("hello %d is dropped: %d messages are waiting\n", count, cap(outbox))
		}
		select {
		case <-stopped.Done():
		case <-time.After(2 * time.Second):
		}
	}
	// Says goodbye itself: a DISCONNECT takes the will back.
	soon, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	publish(soon, connection, status, "offline", true)
	_ = connection.Disconnect(soon)
	fmt.Println("stopped")
}
