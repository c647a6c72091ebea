// A device of Berth on an ESP32 with Arduino (core 3.x): MQTT 3.1.1 over TLS (8883) or WebSocket over TLS (8084).
// It uses the MQTT client that is part of the core (esp-mqtt): QoS 1, last will and SNI without another library.
// The order is Wi-Fi, then the clock, then TLS: at 1970 no certificate is valid.
//
// Checked: names and meaning of the API against the sources of esp-mqtt 1.1 and esp-tls of ESP-IDF 5; compiled and run
// against the service on a host, with thin headers for the board. Not checked: the core's own compiler, a board.
#include <WiFi.h>
#include <deque>
#include <errno.h>
#include <esp_random.h>
#include <esp_tls.h>
#include <mqtt_client.h>
#include <time.h>

// ---- settings: change these ----
const char *WIFI_SSID = "your-wifi";
const char *WIFI_PASSWORD = "your-wifi-password";
const char *HOST = "your-deployment.example.com";  // the deployment's own address, never an IP address: it is the SNI
const char *TRANSPORT = "tls";                     // "tls", or "wss" where only web ports are open
const int TLS_PORT = 8883;
const int WSS_PORT = 8084;
const char *USERNAME = "your-user";
const char *PASSWORD = "your-password";
const char *CLIENT_ID = "sample-esp32-arduino";  // one of its own for every device
const char *CA = R"(
-----BEGIN CERTIFICATE-----
the text of ca.crt
-----END CERTIFICATE-----
)";
// ---- end of settings ----

const time_t BUILT = 1735689600;  // 2025: a clock before this was never set
esp_mqtt_client_handle_t client = nullptr;
String status, messages;
bool isStarted = false, isTrying = false;
volatile bool isConnected = false, hasFailed = false, hasReported = false;  // told by the client's own task
volatile int ackedId = 0;
std::deque<String> waiting;  // what is not acknowledged yet, oldest first
int sentId = 0;              // of the oldest; 0: not sent
unsigned attempt = 0, count = 0;
unsigned long nextTryAt = 0, triedAt = 0, sentAt = 0, nextMessageAt = 0, nextWordAt = 5000;

bool isDue(unsigned long at) { return (long)(millis() - at) >= 0; }

// One line for what went wrong, with Berth's error number.
void report(const esp_mqtt_error_codes_t &e) {
  hasReported = true;
  if (isConnected) {
    Serial.println("error -13: the connection was lost");
  } else if (e.error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED) {
    switch ((int)e.connect_return_code) {
      case 5: Serial.println("error -5: the address is not this deployment's (SNI), or the client is banned (-8)"); break;
      case 4: Serial.println("error -4: user name or password not accepted"); break;
      case 3: Serial.println("error -6: the deployment is stopped, at a limit (-7) or the server is busy (-15)"); break;
      default: Serial.printf("error -9: protocol or client id refused (%d)\n", (int)e.connect_return_code);
    }
  } else if (e.esp_tls_last_esp_err == ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME) {
    Serial.printf("error -1: the address %s does not resolve\n", HOST);
  } else if (e.esp_tls_cert_verify_flags & 0x08) {
    Serial.println("error -3: the CA is not the one of this service");
  } else if (e.esp_tls_cert_verify_flags & 0x04) {
    Serial.println("error -3: the certificate is for another address");
  } else if (e.esp_tls_cert_verify_flags & 0x0201) {
    Serial.println("error -3: the certificate is not valid at this time: is the clock right?");
  } else if (e.esp_tls_last_esp_err == ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED) {
    Serial.printf("error -3: TLS failed (-0x%04x)\n", (unsigned)e.esp_tls_stack_err);
  } else if (e.esp_tls_last_esp_err == ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST &&
             (e.esp_transport_sock_errno == ECONNRESET || e.esp_transport_sock_errno == ECONNREFUSED)) {
    Serial.println("error -2: wrong port, or the service is down");
  } else if (e.esp_tls_last_esp_err != 0 && e.esp_tls_last_esp_err != ESP_ERR_ESP_TLS_TCP_CLOSED_FIN) {
    Serial.printf("error -1: %s is not reached (0x%x)\n", HOST, (unsigned)e.esp_tls_last_esp_err);
  } else {
    Serial.println("error -2: closed without an answer: wrong port or WebSocket path");
  }
}

// Runs in the client's own task: it never waits.
void onEvent(void *, esp_event_base_t, int32_t id, void *data) {
  auto *event = (esp_mqtt_event_handle_t)data;
  switch ((esp_mqtt_event_id_t)id) {
    case MQTT_EVENT_CONNECTED:
      Serial.println("connected");
      isConnected = true;
      esp_mqtt_client_subscribe(client, messages.c_str(), 1);
      esp_mqtt_client_enqueue(client, status.c_str(), "online", 0, 1, 1, true);
      break;
    case MQTT_EVENT_SUBSCRIBED:
      if (event->error_handle->error_type == MQTT_ERROR_TYPE_SUBSCRIBE_FAILED)
        Serial.println("error -10: the subscription is not permitted");
      break;
    case MQTT_EVENT_PUBLISHED: ackedId = event->msg_id; break;
    case MQTT_EVENT_DATA: Serial.printf("received: %.*s\n", event->data_len, event->data); break;  // long ones in parts
    case MQTT_EVENT_ERROR: report(*event->error_handle); break;
    case MQTT_EVENT_DISCONNECTED:
      if (!hasReported) Serial.println("error -13: no answer: the connection was lost");
      isConnected = false;
      hasReported = false;
      hasFailed = true;
      break;
    default: break;
  }
}

void setup() {
  Serial.begin(115200);
  WiFi.mode(WIFI_STA);
  WiFi.begin(WIFI_SSID, WIFI_PASSWORD);  // the core reconnects Wi-Fi by itself
  configTime(0, 0, "pool.ntp.org", "time.google.com");
  status = String("devices/") + CLIENT_ID + "/status";
  messages = String("devices/") + CLIENT_ID + "/messages";

  bool isWebSocket = String(TRANSPORT) == "wss";
  esp_mqtt_client_config_t config = {};
  config.broker.address.hostname = HOST;
  config.broker.address.port = isWebSocket ? WSS_PORT : TLS_PORT;
  config.broker.address.transport = isWebSocket ? MQTT_TRANSPORT_OVER_WSS : MQTT_TRANSPORT_OVER_SSL;
  config.broker.address.path = isWebSocket ? "/mqtt" : nullptr;
  config.broker.verification.certificate = CA;
  config.credentials.client_id = CLIENT_ID;
  config.credentials.username = USERNAME;
  config.credentials.authentication.password = PASSWORD;
  config.session.keepalive = 30;
  config.session.disable_clean_session = true;  // messages reach a device that was away
  config.session.last_will.topic = status.c_str();
  config.session.last_will.msg = "offline";
  config.session.last_will.qos = 1;
  config.session.last_will.retain = 1;
  config.network.disable_auto_reconnect = true;  // done below, with jitter
  config.network.timeout_ms = 30000;             // a handshake is slow on a small chip
  client = esp_mqtt_client_init(&config);
  esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, onEvent, nullptr);
}

// What the device has to say, connected or not.
void produce() {
  if (!isDue(nextMessageAt)) return;
  nextMessageAt = millis() + 2000;
  String text = String("hello ") + String(++count);
  if (waiting.size() < 100) waiting.push_back(text);
  else Serial.printf("%s is dropped: 100 messages are waiting\n", text.c_str());
}

// Sends the oldest, and the next when that is acknowledged. The client forgets a message after 30 s: then once more.
void sendOldest() {
  if (sentId > 0 && ackedId == sentId) {
    waiting.pop_front();
    sentId = 0;
  }
  if (!isConnected || waiting.empty() || (sentId > 0 && !isDue(sentAt + 40000))) return;
  sentId = esp_mqtt_client_enqueue(client, messages.c_str(), waiting.front().c_str(), 0, 1, 0, true);
  sentAt = millis();
}

// Connects again after 0.5 to 1 of 1, 2, 4 ... 60 seconds.
void keepTrying() {
  if (hasFailed) {
    hasFailed = false;
    isTrying = false;
    if (isDue(triedAt + 60000)) attempt = 0;  // only a connection that lasted starts the back-off anew
    unsigned long full = attempt < 6 ? 1000UL << attempt : 60000UL;
    unsigned long wait = full / 2 + esp_random() % (full / 2);
    attempt++;
    nextTryAt = millis() + wait;
    Serial.printf("next try in %lu ms\n", wait);
  }
  if (isTrying || !isDue(nextTryAt)) return;
  isTrying = true;
  triedAt = millis();
  // Never stop and start again: stopping throws away what is not acknowledged.
  if (isStarted) esp_mqtt_client_reconnect(client);
  else esp_mqtt_client_start(client);
  isStarted = true;
}

void loop() {
  delay(50);
  produce();
  bool hasWifi = WiFi.status() == WL_CONNECTED;
  if (hasWifi && time(nullptr) >= BUILT) {
    keepTrying();
    sendOldest();
  } else if (isDue(nextWordAt)) {
    nextWordAt = millis() + 10000;
    if (hasWifi) Serial.println("error -3: the clock is not set yet, and TLS needs it: is NTP (UDP port 123) open?");
    else Serial.println("error -1: there is no Wi-Fi");
  }
}
