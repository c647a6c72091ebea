// Runs the scenarios of tests/clients/README.md with Eclipse Paho's two Go clients:
// paho.mqtt.golang for MQTT 3.1.1 and paho.golang for MQTT 5.0.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

const deadline = 10 * time.Second

type settings struct {
	Host, Transport, Version, CA, Username, Password, Prefix string
	Port                                                     int
}

// message is what a scenario looks at.
type message struct {
	payload  string
	qos      byte
	retained bool
}

// wish says how a device connects.
type wish struct {
	name       string
	persistent bool
	password   string
	willTopic  string
}

// device is what both libraries can do.
type device interface {
	subscribe(topic string, qos byte) error
	publish(topic, payload string, qos byte, retain bool) error
	messages() <-chan message
	down() error
	vanish()
}

// refusal is a CONNACK that says no.
type refusal struct{ code byte }

func (r refusal) Error() string { return fmt.Sprintf("CONNACK %#x", r.code) }

// opener connects a device and tells whether its session was there already.
type opener func(wish) (device, bool, error)

type suite struct {
	settings
	open opener
}

func main() {
	var with settings
	check(json.Unmarshal([]byte(os.Args[1]), &with))
	pem, err := os.ReadFile(with.CA)
	check(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		check(errors.New("no certificate in " + with.CA))
	}
	trust := &tls.Config{RootCAs: roots, ServerName: with.Host, MinVersion: tls.VersionTLS12}
	s := suite{settings: with}
	if with.Version == "5.0" {
		s.open = func(w wish) (device, bool, error) { return open5(with, trust, w) }
	} else {
		s.open = func(w wish) (device, bool, error) { return open3(with, trust, w) }
	}
	scenarios := []struct {
		name string
		run  func() error
	}{
		{"qos0", func() error { return s.roundTrip(0) }},
		{"qos1", func() error { return s.roundTrip(1) }},
		{"qos2", func() error { return s.roundTrip(2) }},
		{"will", s.will},
		{"retained", s.retained},
		{"session", s.session},
		{"refused", s.refused},
	}
	for _, scenario := range scenarios {
		if err := scenario.run(); err != nil {
			fmt.Printf("not ok %s: %v\n", scenario.name, err)
		} else {
			fmt.Printf("ok %s\n", scenario.name)
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s suite) up(w wish) (device, error) {
	if w.password == "" {
		w.password = s.Password
	}
	d, _, err := s.open(w)
	return d, err
}

func receive(d device, payload string) (message, error) {
	select {
	case m := <-d.messages():
		if m.payload != payload {
			return m, fmt.Errorf("expected %q, got %q", payload, m.payload)
		}
		return m, nil
	case <-time.After(deadline):
		return message{}, fmt.Errorf("waited in vain for %q", payload)
	}
}

func (s suite) roundTrip(qos byte) error {
	topic, payload := fmt.Sprintf("%sqos%d", s.Prefix, qos), fmt.Sprintf("hello %d", qos)
	d, err := s.up(wish{name: fmt.Sprintf("qos%d", qos)})
	if err != nil {
		return err
	}
	if err := errors.Join(d.subscribe(topic, qos), d.publish(topic, payload, qos, false)); err != nil {
		return err
	}
	m, err := receive(d, payload)
	if err == nil && (m.qos != qos || m.retained) {
		err = fmt.Errorf("QoS %d, retained %v", m.qos, m.retained)
	}
	return errors.Join(err, d.down())
}

func (s suite) will() error {
	topic := s.Prefix + "will"
	witness, err := s.up(wish{name: "witness"})
	if err != nil {
		return err
	}
	if err := witness.subscribe(topic, 1); err != nil {
		return err
	}
	mortal, err := s.up(wish{name: "mortal", willTopic: topic})
	if err != nil {
		return err
	}
	mortal.vanish()
	_, err = receive(witness, "gone")
	return errors.Join(err, witness.down())
}

func (s suite) retained() error {
	topic := s.Prefix + "retained"
	writer, err := s.up(wish{name: "writer"})
	if err != nil {
		return err
	}
	if err := writer.publish(topic, "kept", 1, true); err != nil {
		return err
	}
	reader, err := s.up(wish{name: "reader"})
	if err != nil {
		return err
	}
	if err := reader.subscribe(topic, 1); err != nil {
		return err
	}
	m, err := receive(reader, "kept")
	if err != nil {
		return err
	}
	if !m.retained {
		return errors.New("RETAIN is not set")
	}
	if err := errors.Join(reader.down(), writer.publish(topic, "", 1, true)); err != nil {
		return err
	}
	late, err := s.up(wish{name: "late"})
	if err != nil {
		return err
	}
	if err := errors.Join(late.subscribe(topic, 1), writer.publish(topic, "end", 1, false)); err != nil {
		return err
	}
	_, err = receive(late, "end")
	return errors.Join(err, late.down(), writer.down())
}

func (s suite) session() error {
	topic := s.Prefix + "session"
	sleeper, present, err := s.open(wish{name: "sleeper", persistent: true, password: s.Password})
	if err != nil {
		return err
	}
	if present {
		return errors.New("a session was there before")
	}
	if err := errors.Join(sleeper.subscribe(topic, 1), sleeper.down()); err != nil {
		return err
	}
	waker, err := s.up(wish{name: "waker"})
	if err != nil {
		return err
	}
	if err := errors.Join(waker.publish(topic, "while you were away", 1, false), waker.down()); err != nil {
		return err
	}
	again, present, err := s.open(wish{name: "sleeper", persistent: true, password: s.Password})
	if err != nil {
		return err
	}
	if !present {
		return errors.New("the session is gone")
	}
	if _, err := receive(again, "while you were away"); err != nil {
		return err
	}
	if err := again.down(); err != nil {
		return err
	}
	cleaner, err := s.up(wish{name: "sleeper"})
	if err != nil {
		return err
	}
	return cleaner.down()
}

func (s suite) refused() error {
	_, err := s.up(wish{name: "stranger", password: "not the password"})
	wanted := byte(4)
	if s.Version == "5.0" {
		wanted = 0x86
	}
	var no refusal
	if !errors.As(err, &no) {
		return fmt.Errorf("expected a refusal, got %v", err)
	}
	if no.code != wanted {
		return fmt.Errorf("expected CONNACK %#x, got %#x", wanted, no.code)
	}
	return nil
}
