"""A device of Berth in Python: paho-mqtt 2, MQTT 5.0 over TLS (8883) or WebSocket over TLS (8084).

    pip install -r requirements.txt
    python sample.py
"""

import random
import re
import signal
import socket
import ssl
import sys
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

# ---- settings: change these ----
HOST = "your-deployment.example.com"  # the deployment's own address, never an IP address: it is sent as SNI too
TRANSPORT = "tls"  # "tls", or "wss" where only web ports are open
TLS_PORT = 8883
WSS_PORT = 8084
USERNAME = "your-user"
PASSWORD = "your-password"
CA_FILE = "ca.crt"
CLIENT_ID = "sample-python"  # one of its own for every device
# ---- end of settings ----

STATUS = f"devices/{CLIENT_ID}/status"
MESSAGES = f"devices/{CLIENT_ID}/messages"

# Reason codes of MQTT 5.0 to Berth's error numbers, where the server says no Reason String.
NUMBERS = {
    0x81: -9, 0x82: -9, 0x84: -9, 0x85: -9, 0x86: -4, 0x87: -5, 0x88: -6, 0x89: -15, 0x8A: -8, 0x8B: -15,
    0x8D: -13, 0x8E: -12, 0x93: -11, 0x95: -11, 0x97: -7, 0x98: -14, 0x9F: -7,
}  # fmt: skip
# The same codes on an open connection (the library makes up 0x80 where there was no DISCONNECT), and of a message.
ON_OPEN = {**NUMBERS, 0x80: -13, 0x87: -4}
ON_MESSAGE = {0x87: -10, 0x97: -11}

ended = threading.Event()
fault = ""


def refused(code, properties, numbers):
    """A sentence for a reason code; Berth's Reason String begins with the number already."""
    said = getattr(properties, "ReasonString", "")
    return said if re.match(r"error -\d+", said) else f"error {numbers.get(code.value, -9)}: {code} (0x{code.value:02x})"


def explain(error):
    """A sentence for what went wrong before MQTT."""
    if isinstance(error, socket.gaierror):
        return f"error -1: the address {HOST} does not resolve: {error}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"error -3: the certificate is not trusted (CA file, clock, address): {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return f"error -2: this port does not speak TLS: {error}"
    if isinstance(error, (ssl.SSLError, ConnectionResetError)):
        return f"error -3: TLS failed or was cut: {error}"
    if isinstance(error, (ConnectionRefusedError, mqtt.WebsocketConnectionError)):
        return f"error -2: wrong port or path, or the service is down: {error}"
    return f"error -1: {HOST} is not reached: {error}"


# The callbacks run on the library's thread: they never wait.
def on_connect(client, _userdata, _flags, code, properties):
    global fault
    if code.is_failure:
        fault = refused(code, properties, NUMBERS)
        return
    print("connected", flush=True)
    client.subscribe(MESSAGES, qos=1)
    client.publish(STATUS, "online", qos=1, retain=True)


def on_disconnect(_client, _userdata, _flags, code, properties):
    global fault
    fault = fault or refused(code, properties, ON_OPEN)
    ended.set()


def on_subscribe(_client, _userdata, _mid, codes, properties):
    for code in codes:
        if code.is_failure:
            print(refused(code, properties, ON_MESSAGE), flush=True)


def on_publish(_client, _userdata, _mid, code, properties):
    if code.is_failure:
        print(refused(code, properties, ON_MESSAGE), flush=True)


def on_message(_client, _userdata, message):
    print(f"received: {message.payload.decode(errors='replace')}", flush=True)


def make_client():
    try:
        tls = ssl.create_default_context(cafile=CA_FILE)
    except OSError as error:  # a file that is no certificate is one too
        sys.exit(f"error -3: the CA file {CA_FILE} cannot be used: {error}")
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        client_id=CLIENT_ID,
        protocol=mqtt.MQTTv5,
        transport="websockets" if TRANSPORT == "wss" else "tcp",
        reconnect_on_failure=False,  # done below, with a fault number and jitter
    )
    client.tls_set_context(tls)
    if TRANSPORT == "wss":
        client.ws_set_options(path="/mqtt")
    client.username_pw_set(USERNAME, PASSWORD)
    client.will_set(STATUS, "offline", qos=1, retain=True)
    client.max_queued_messages_set(1000)  # what waits for a connection, or for an answer
    client.on_connect, client.on_disconnect = on_connect, on_disconnect
    client.on_subscribe, client.on_publish, client.on_message = on_subscribe, on_publish, on_message
    return client


def produce(client):
    """What the device has to say, connected or not: the library keeps it until it is acknowledged."""
    count = 0
    while True:
        count += 1
        if client.publish(MESSAGES, f"hello {count}", qos=1).rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            print(f"hello {count} is dropped: 1000 messages are waiting", flush=True)
        time.sleep(2)


def run(client):
    global fault
    # The session waits for an hour, so that messages reach a device that was away.
    session = Properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = 3600
    port = WSS_PORT if TRANSPORT == "wss" else TLS_PORT
    attempt = 0
    while True:
        ended.clear()
        fault, since = "", time.monotonic()
        try:
            client.connect(HOST, port, keepalive=30, clean_start=False, properties=session)
            client.loop_start()
            ended.wait()
            client.loop_stop()
        except (OSError, mqtt.WebsocketConnectionError) as error:
            fault = explain(error)
        if time.monotonic() - since > 60:
            attempt = 0  # only a connection that lasted starts the back-off anew
        delay = min(60, 2**attempt) * random.uniform(0.5, 1)
        attempt = min(attempt + 1, 6)
        print(f"{fault}; next try in {delay:.1f} s", flush=True)
        time.sleep(delay)


def stop(client):
    """Says goodbye itself: a DISCONNECT takes the will back."""
    if client.is_connected():
        client.publish(STATUS, "offline", qos=1, retain=True).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()
    print("stopped", flush=True)


device = make_client()
signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
threading.Thread(target=produce, args=(device,), daemon=True).start()
try:
    run(device)
except KeyboardInterrupt:
    stop(device)
