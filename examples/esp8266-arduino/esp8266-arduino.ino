// A device of Berth on an ESP8266 with Arduino (core 3.x): MQTT 3.1.1 over TLS (8883) with BearSSL.
// Library: "MQTT" by Joel Gaehwiler (arduino-mqtt 2.5): it publishes with QoS 1, which PubSubClient does not.
// The order is Wi-Fi, then the clock, then TLS: at 1970 no certificate is valid.
//
// Checked: names and meaning of the API against the sources of arduino-mqtt 2.5.3 and the core; compiled and run against
// the service on a host, with thin headers for the board. Not checked: the core's own compiler, a board.
#include <ESP8266WiFi.h>
#include <MQTT.h>
#include <WiFiClientSecure.h>
#include <deque>
#include <time.h>

// ---- settings: change these ----
const char *WIFI_SSID = "your-wifi";
const char *WIFI_PASSWORD = "your-wifi-password";
const char *HOST = "your-deployment.example.com";  // the deployment's own address, never an IP address: it is the SNI
const int TLS_PORT = 8883;
const char *USERNAME = "your-user";
const char *PASSWORD = "your-password";
const char *CLIENT_ID = "sample-esp8266";  // one of its own for every device
const char CA[] PROGMEM = R"(
-----BEGIN CERTIFICATE-----
the text of ca.crt
-----END CERTIFICATE-----
)";
// ---- end of settings ----

const time_t BUILT = 1735689600;  // 2025: a clock before this was never set
BearSSL::WiFiClientSecure net;
BearSSL::X509List roots(CA);
MQTTClient client(512);
String status, messages;
bool wasConnected = false, maySubscribe = true;
std::deque<String> waiting;  // what is not acknowledged yet, oldest first
unsigned attempt = 0, count = 0;
unsigned long nextTryAt = 0, triedAt = 0, nextMessageAt = 0, nextWordAt = 5000;

bool isDue(unsigned long at) { return (long)(millis() - at) >= 0; }

// One line for what went wrong while connecting, with Berth's error number.
void report() {
  IPAddress ip;
  int tls = net.getLastSSLError();
  if (client.lastError() == LWMQTT_CONNECTION_DENIED) {
    switch ((int)client.returnCode()) {
      case 5: Serial.println("error -5: the address is not this deployment's (SNI), or the client is banned (-8)"); break;
      case 4: Serial.println("error -4: user name or password not accepted"); break;
      case 3: Serial.println("error -6: the deployment is stopped, at a limit (-7) or the server is busy (-15)"); break;
      default: Serial.printf("error -9: protocol or client id refused (%d)\n", (int)client.returnCode());
    }
  } else if (!WiFi.hostByName(HOST, ip)) {
    Serial.printf("error -1: the address %s does not resolve\n", HOST);
  } else if (tls == 62) {
    Serial.println("error -3: the CA is not the one of this service (62)");
  } else if (tls == 56) {
    Serial.println("error -3: the certificate is for another address (56)");
  } else if (tls == 54) {
    Serial.println("error -3: the certificate is not valid at this time: is the clock right? (54)");
  } else if (tls != 0) {
    Serial.printf("error -3: TLS failed (%d)\n", tls);
  } else if (client.lastError() == LWMQTT_NETWORK_FAILED_CONNECT) {
    Serial.println("error -2: wrong port, or the service is down");
  } else {
    Serial.printf("error -13: no answer: the connection was lost (%d)\n", (int)client.lastError());
  }
}

void onMessage(String &, String &payload) { Serial.printf("received: %s\n", payload.c_str()); }

void setup() {
  Serial.begin(115200);
  WiFi.mode(WIFI_STA);
  WiFi.begin(WIFI_SSID, WIFI_PASSWORD);  // the core reconnects Wi-Fi by itself
  configTime(0, 0, "pool.ntp.org", "time.google.com");
  status = String("devices/") + CLIENT_ID + "/status";
  messages = String("devices/") + CLIENT_ID + "/messages";
  net.setTrustAnchors(&roots);
  client.begin(HOST, TLS_PORT, net);
  client.setOptions(30, false, 10000);  // keep-alive in s; the session is kept; 10 s for each answer
  client.setWill(status.c_str(), "offline", true, 1);
  client.onMessage(onMessage);
}

// What the device has to say, connected or not.
void produce() {
  if (!isDue(nextMessageAt)) return;
  nextMessageAt = millis() + 2000;
  String text = String("hello ") + String(++count);
  if (waiting.size() < 50) waiting.push_back(text);
  else Serial.printf("%s is dropped: 50 messages are waiting\n", text.c_str());
}

// The library has no outbox: it waits for each acknowledgement, and what got none is sent again.
void talk() {
  client.loop();
  if (!waiting.empty() && client.publish(messages.c_str(), waiting.front().c_str(), false, 1)) waiting.pop_front();
}

// Connects again after 0.5 to 1 of 1, 2, 4 ... 60 seconds.
void tryLater() {
  net.stop();  // else the next failure would find the number of this one
  wasConnected = false;
  if (isDue(triedAt + 60000)) attempt = 0;  // only a connection that lasted starts the back-off anew
  unsigned long full = attempt < 6 ? 1000UL << attempt : 60000UL;
  unsigned long wait = full / 2 + random(full / 2);
  attempt++;
  nextTryAt = millis() + wait;
  Serial.printf("next try in %lu ms\n", wait);
}

void tryNow() {
  triedAt = millis();
  net.setX509Time(time(nullptr));
  if (!client.connect(CLIENT_ID, USERNAME, PASSWORD)) {
    report();
    tryLater();
    return;
  }
  Serial.println("connected");
  wasConnected = true;
  client.publish(status.c_str(), "online", true, 1);
  if (maySubscribe && !client.subscribe(messages.c_str(), 1) && client.lastError() == LWMQTT_FAILED_SUBSCRIPTION) {
    Serial.println("error -10: the subscription is not permitted");
    maySubscribe = false;  // the library hangs up on a refused subscription: go on without
  }
}

void loop() {
  delay(10);
  produce();
  bool hasWifi = WiFi.status() == WL_CONNECTED;
  if (!hasWifi || time(nullptr) < BUILT) {
    if (!isDue(nextWordAt)) return;
    nextWordAt = millis() + 10000;
    if (hasWifi) Serial.println("error -3: the clock is not set yet, and TLS needs it: is NTP (UDP port 123) open?");
    else Serial.println("error -1: there is no Wi-Fi");
  } else if (client.connected()) {
    talk();
  } else if (wasConnected) {
    if (maySubscribe || client.lastError() != LWMQTT_FAILED_SUBSCRIPTION)
      Serial.printf("error -13: the connection was lost (%d)\n", (int)client.lastError());
    tryLater();
  } else if (isDue(nextTryAt)) {
    tryNow();
  }
}
