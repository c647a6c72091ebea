package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"github.com/gorilla/websocket"
)

// device5 is a client of paho.golang.
type device5 struct {
	client   *paho.Client
	conn     net.Conn
	incoming chan message
}

func soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), deadline)
}

func open5(with settings, trust *tls.Config, w wish) (device, bool, error) {
	ctx, cancel := soon()
	defer cancel()
	conn, err := dial(ctx, with, trust)
	if err != nil {
		return nil, false, err
	}
	d := &device5{conn: conn, incoming: make(chan message, 16)}
	d.client = paho.NewClient(paho.ClientConfig{
		// A packet is written in parts, which must not mix on a TLS connection.
		Conn: packets.NewThreadSafeConn(conn),
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			d.incoming <- message{string(p.Packet.Payload), p.Packet.QoS, p.Packet.Retain}
			return true, nil
		}},
	})
	connect := &paho.Connect{
		ClientID: with.Prefix + w.name, KeepAlive: 30, CleanStart: !w.persistent,
		Username: with.Username, UsernameFlag: true, Password: []byte(w.password), PasswordFlag: true,
	}
	if w.persistent {
		expiry := uint32(300)
		connect.Properties = &paho.ConnectProperties{SessionExpiryInterval: &expiry}
	}
	if w.willTopic != "" {
		connect.WillMessage = &paho.WillMessage{Topic: w.willTopic, Payload: []byte("gone"), QoS: 1}
	}
	connack, err := d.client.Connect(ctx, connect)
	if connack != nil && connack.ReasonCode >= 0x80 {
		return nil, false, refusal{connack.ReasonCode}
	}
	if err != nil {
		return nil, false, err
	}
	return d, connack.SessionPresent, nil
}

func dial(ctx context.Context, with settings, trust *tls.Config) (net.Conn, error) {
	if with.Transport == "tls" {
		dialer := tls.Dialer{Config: trust}
		return dialer.DialContext(ctx, "tcp", fmt.Sprintf("%s:%d", with.Host, with.Port))
	}
	dialer := websocket.Dialer{TLSClientConfig: trust, Subprotocols: []string{"mqtt"}}
	ws, _, err := dialer.DialContext(ctx, fmt.Sprintf("wss://%s:%d/mqtt", with.Host, with.Port), http.Header{})
	if err != nil {
		return nil, err
	}
	return &webSocketConn{Conn: ws.UnderlyingConn(), ws: ws}, nil
}

// webSocketConn carries MQTT bytes in binary frames.
type webSocketConn struct {
	net.Conn
	ws     *websocket.Conn
	reader io.Reader
}

func (c *webSocketConn) Read(into []byte) (int, error) {
	for {
		if c.reader == nil {
			_, reader, err := c.ws.NextReader()
			if err != nil {
				return 0, err
			}
			c.reader = reader
		}
		count, err := c.reader.Read(into)
		if err == io.EOF {
			c.reader = nil
			err = nil
		}
		if count > 0 || err != nil {
			return count, err
		}
	}
}

func (c *webSocketConn) Write(bytes []byte) (int, error) {
	return len(bytes), c.ws.WriteMessage(websocket.BinaryMessage, bytes)
}

func (c *webSocketConn) SetDeadline(at time.Time) error {
	if err := c.ws.SetReadDeadline(at); err != nil {
		return err
	}
	return c.ws.SetWriteDeadline(at)
}

func (c *webSocketConn) SetReadDeadline(at time.Time) error  { return c.ws.SetReadDeadline(at) }
func (c *webSocketConn) SetWriteDeadline(at time.Time) error { return c.ws.SetWriteDeadline(at) }

func (d *device5) subscribe(topic string, qos byte) error {
	ctx, cancel := soon()
	defer cancel()
	suback, err := d.client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: topic, QoS: qos}}})
	if err == nil && suback.Reasons[0] != qos {
		err = fmt.Errorf("granted %#x", suback.Reasons[0])
	}
	return err
}

func (d *device5) publish(topic, payload string, qos byte, retain bool) error {
	ctx, cancel := soon()
	defer cancel()
	_, err := d.client.Publish(ctx, &paho.Publish{Topic: topic, Payload: []byte(payload), QoS: qos, Retain: retain})
	return err
}

func (d *device5) messages() <-chan message { return d.incoming }

func (d *device5) down() error { return d.client.Disconnect(&paho.Disconnect{}) }

func (d *device5) vanish() { d.conn.Close() }
