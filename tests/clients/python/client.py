"""Runs the scenarios of tests/clients/README.md with paho-mqtt."""

import json
import queue
import ssl
import sys
import traceback

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

DEADLINE = 10

settings = json.loads(sys.argv[1])
v5 = settings["version"] == "5.0"
prefix = settings["prefix"]


class Device:
    """A client whose callbacks become events in queues, so that a scenario reads top to bottom."""

    def __init__(self, name, *, clean=True, will=None):
        protocol = mqtt.MQTTv5 if v5 else mqtt.MQTTv311
        self.clean = clean
        self.connected, self.subscribed, self.published = queue.Queue(), queue.Queue(), queue.Queue()
        self.messages, self.disconnected = queue.Queue(), queue.Queue()
        options = {} if v5 else {"clean_session": clean}
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=prefix + name,
            protocol=protocol,
            transport="websockets" if settings["transport"] == "wss" else "tcp",
            reconnect_on_failure=False,
            **options,
        )
        context = ssl.create_default_context(cafile=settings["ca"])
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        self.client.tls_set_context(context)
        if settings["transport"] == "wss":
            self.client.ws_set_options(path="/mqtt")
        self.client.username_pw_set(settings["username"], settings["password"])
        if will is not None:
            self.client.will_set(will, "gone", qos=1)
        self.client.on_connect = lambda _c, _u, flags, code, _p: self.connected.put((flags, code))
        self.client.on_subscribe = lambda _c, _u, _mid, codes, _p: self.subscribed.put(codes)
        self.client.on_publish = lambda _c, _u, mid, _code, _p: self.published.put(mid)
        self.client.on_message = lambda _c, _u, message: self.messages.put(message)
        self.client.on_disconnect = lambda _c, _u, _flags, code, _p: self.disconnected.put(code)

    def connect(self):
        options = {}
        if v5:
            properties = Properties(PacketTypes.CONNECT)
            if not self.clean:
                properties.SessionExpiryInterval = 300
            options = {"clean_start": self.clean, "properties": properties}
        self.client.connect(settings["host"], settings["port"], keepalive=30, **options)
        self.client.loop_start()
        flags, code = self.connected.get(timeout=DEADLINE)
        return flags, code

    def up(self):
        flags, code = self.connect()
        assert code.value == 0, f"CONNACK {code}"
        return flags

    def subscribe(self, topic, qos):
        self.client.subscribe(topic, qos)
        codes = self.subscribed.get(timeout=DEADLINE)
        assert [code.value for code in codes] == [qos], f"SUBACK {codes}"

    def publish(self, topic, payload, qos=1, retain=False):
        mid = self.client.publish(topic, payload, qos=qos, retain=retain).mid
        while self.published.get(timeout=DEADLINE) != mid:
            pass

    def receive(self):
        return self.messages.get(timeout=DEADLINE)

    def down(self):
        self.client.disconnect()
        self.disconnected.get(timeout=DEADLINE)
        self.client.loop_stop()

    def vanish(self):
        """Cuts the connection without DISCONNECT."""
        self.client.loop_stop()
        self.client.socket().close()


def round_trip(qos):
    device = Device(f"qos{qos}")
    device.up()
    topic = f"{prefix}qos{qos}"
    device.subscribe(topic, qos)
    device.publish(topic, f"hello {qos}", qos=qos)
    message = device.receive()
    assert (message.payload, message.qos, message.retain) == (f"hello {qos}".encode(), qos, False)
    device.down()


def will():
    topic = f"{prefix}will"
    witness, mortal = Device("witness"), Device("mortal", will=topic)
    witness.up()
    witness.subscribe(topic, 1)
    mortal.up()
    mortal.vanish()
    assert witness.receive().payload == b"gone"
    witness.down()


def retained():
    topic = f"{prefix}retained"
    writer = Device("writer")
    writer.up()
    writer.publish(topic, "kept", retain=True)
    reader = Device("reader")
    reader.up()
    reader.subscribe(topic, 1)
    message = reader.receive()
    assert (message.payload, message.retain) == (b"kept", True)
    reader.down()
    writer.publish(topic, "", retain=True)
    late = Device("late")
    late.up()
    late.subscribe(topic, 1)
    writer.publish(topic, "end")
    message = late.receive()
    assert (message.payload, message.retain) == (b"end", False), message.payload
    late.down()
    writer.down()


def session():
    topic = f"{prefix}session"
    sleeper = Device("sleeper", clean=False)
    assert not sleeper.up().session_present
    sleeper.subscribe(topic, 1)
    sleeper.down()
    writer = Device("waker")
    writer.up()
    writer.publish(topic, "while you were away")
    writer.down()
    again = Device("sleeper", clean=False)
    assert again.up().session_present
    assert again.receive().payload == b"while you were away"
    again.down()
    cleaner = Device("sleeper")
    cleaner.up()
    cleaner.down()


def refused():
    stranger = Device("stranger")
    stranger.client.username_pw_set(settings["username"], "not the password")
    _flags, code = stranger.connect()
    # paho gives MQTT 3.1.1 return codes as the 5.0 reason codes of the same meaning: 4 is 0x86.
    assert code.value == 0x86, f"CONNACK {code.value:#x} {code}"
    stranger.client.loop_stop()


scenarios = {
    "qos0": lambda: round_trip(0),
    "qos1": lambda: round_trip(1),
    "qos2": lambda: round_trip(2),
    "will": will,
    "retained": retained,
    "session": session,
    "refused": refused,
}
for name, scenario in scenarios.items():
    try:
        scenario()
        print(f"ok {name}", flush=True)
    except Exception as error:
        traceback.print_exc()
        print(f"not ok {name}: {type(error).__name__}: {error}", flush=True)
