"""A device of Berth in Python: paho-mqtt 2, MQTT 5.0 over TLS (8883) or WebSocket over TLS (8084).

    pip install -r requirements.txt
    python sample.py
"""

import random
import re
import socket
import ssl
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
denied = {0x87: -10, 0x97: -11}  # the same codes in the answer to a message or a subscription

connected, ended = threading.Event(), threading.Event()
last_fault = ""


def refused(code, properties, numbers=NUMBERS):
    """A sentence for a reason code; Berth's Reason String begins with the number already."""
    said = getattr(properties, "ReasonString", "")
    if re.match(r"error -\d+", said):
        return said
    return f"error {numbers.get(code.value, -9)}: {code} (0x{code.value:02x})"


def explain(error):
    """A sentence for what went wrong before MQTT."""
    if isinstance(error, socket.gaierror):
        return f"error -1: the address {HOST} does not resolve: {error}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"error -3: the certificate is not trusted (CA file, clock, address): {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return f"error -2: this port does not speak TLS: {error}"
    if isinstance(error, ssl.SSLError):
        return f"error -3: TLS failed: {error}"
    if isinstance(error, (ConnectionRefusedError, mqtt.WebsocketConnectionError)):
        return f"error -2: wrong port or path, or the service is down: {error}"
    if isinstance(error, ConnectionResetError):
        return f"error -3: cut during the TLS handshake: {error}"
    return f"error -1: {HOST} is not reached: {error}"


def on_connect(client, _userdata, _flags, code, properties):
    global last_fault
    if code.is_failure:
        last_fault = refused(code, properties)
        return
    print("connected", flush=True)
    client.subscribe(MESSAGES, qos=1)
    client.publish(STATUS, "online", qos=1, retain=True)
    connected.set()


def on_disconnect(_client, _userdata, _flags, code, properties):
    global last_fault
    if not last_fault:
        # Without a DISCONNECT of the server the library makes up 0x80.
        last_fault = refused(code, properties, {**NUMBERS, 0x87: -4, 0x80: -13})
    ended.set()


def on_subscribe(_client, _userdata, _mid, codes, properties):
    for code in codes:
        if code.is_failure:
            print(refused(code, properties, denied), flush=True)


def on_publish(_client, _userdata, _mid, code, properties):
    if code.is_failure:
        print(refused(code, properties, denied), flush=True)


client = mqtt.Client(
    mqtt.CallbackAPIVersion.VERSION2,
    client_id=CLIENT_ID,
    protocol=mqtt.MQTTv5,
    transport="websockets" if TRANSPORT == "wss" else "tcp",
    reconnect_on_failure=False,  # done below, with a fault number and jitter
)
client.tls_set_context(ssl.create_default_context(cafile=CA_FILE))
if TRANSPORT == "wss":
    client.ws_set_options(path="/mqtt")
client.username_pw_set(USERNAME, PASSWORD)
client.will_set(STATUS, "offline", qos=1, retain=True)
client.on_connect, client.on_disconnect = on_connect, on_disconnect
client.on_subscribe, client.on_publish = on_subscribe, on_publish
client.on_message = lambda _client, _userdata, message: print(f"received: {message.payload.decode()}", flush=True)

# The session waits for an hour, so that messages reach a device that was away.
session = Properties(PacketTypes.CONNECT)
session.SessionExpiryInterval = 3600

attempt = count = 0
while True:
    connected.clear()
    ended.clear()
    last_fault = ""
    try:
        port = WSS_PORT if TRANSPORT == "wss" else TLS_PORT
        client.connect(HOST, port, keepalive=30, clean_start=False, properties=session)
        client.loop_start()
        while not ended.wait(2):
            if connected.is_set():
                attempt = 0
                count += 1
                client.publish(MESSAGES, f"hello {count}", qos=1)
        client.loop_stop()
    except (OSError, mqtt.WebsocketConnectionError) as error:
        last_fault = explain(error)
    delay = min(60, 2**attempt) * random.uniform(0.5, 1)
    attempt = min(attempt + 1, 6)
    print(f"{last_fault}; next try in {delay:.1f} s", flush=True)
    time.sleep(delay)
