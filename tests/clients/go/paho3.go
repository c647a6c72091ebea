package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// device3 is a client of paho.mqtt.golang.
type device3 struct {
	client   mqtt.Client
	conn     net.Conn
	incoming chan message
}

func open3(with settings, trust *tls.Config, w wish) (device, bool, error) {
	d := &device3{incoming: make(chan message, 16)}
	server := fmt.Sprintf("ssl://%s:%d", with.Host, with.Port)
	if with.Transport == "wss" {
		server = fmt.Sprintf("wss://%s:%d/mqtt", with.Host, with.Port)
	}
	options := mqtt.NewClientOptions().AddBroker(server).SetTLSConfig(trust).SetProtocolVersion(4).
		SetClientID(with.Prefix + w.name).SetUsername(with.Username).SetPassword(w.password).
		SetCleanSession(!w.persistent).SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(deadline).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
			d.incoming <- message{string(m.Payload()), m.Qos(), m.Retained()}
		})
	if with.Transport == "tls" {
		options.SetCustomOpenConnectionFn(func(uri *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
			conn, err := tls.DialWithDialer(&net.Dialer{Timeout: deadline}, "tcp", uri.Host, trust)
			d.conn = conn
			return conn, err
		})
	} else {
		options.SetCustomOpenConnectionFn(func(uri *url.URL, o mqtt.ClientOptions) (net.Conn, error) {
			conn, err := mqtt.NewWebsocket(uri.String(), trust, deadline, nil, nil)
			d.conn = conn
			return conn, err
		})
	}
	if w.willTopic != "" {
		options.SetWill(w.willTopic, "gone", 1, false)
	}
	d.client = mqtt.NewClient(options)
	token := d.client.Connect()
	if !token.WaitTimeout(deadline) {
		return nil, false, errors.New("waited in vain for CONNACK")
	}
	connect := token.(*mqtt.ConnectToken)
	if code := connect.ReturnCode(); token.Error() != nil && code >= 1 && code <= 5 {
		return nil, false, refusal{code}
	}
	return d, connect.SessionPresent(), token.Error()
}

func wait(what string, token mqtt.Token) error {
	if !token.WaitTimeout(deadline) {
		return errors.New("waited in vain for " + what)
	}
	return token.Error()
}

func (d *device3) subscribe(topic string, qos byte) error {
	token := d.client.Subscribe(topic, qos, nil)
	if err := wait("SUBACK", token); err != nil {
		return err
	}
	if granted := token.(*mqtt.SubscribeToken).Result()[topic]; granted != qos {
		return fmt.Errorf("granted %#x", granted)
	}
	return nil
}

func (d *device3) publish(topic, payload string, qos byte, retain bool) error {
	return wait("the acknowledgement", d.client.Publish(topic, qos, retain, payload))
}

func (d *device3) messages() <-chan message { return d.incoming }

func (d *device3) down() error {
	d.client.Disconnect(uint(time.Second / time.Millisecond))
	return nil
}

func (d *device3) vanish() { d.conn.Close() }
