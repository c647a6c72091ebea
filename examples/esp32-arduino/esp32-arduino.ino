// A device of Berth on an ESP32 with Arduino (core 3.x): MQTT 3.1.1 over TLS (8883) or WebSocket over TLS (8084).
// It uses the MQTT client that is part of the core (esp-mqtt): QoS 1, last will and SNI without another library.
// The order is Wi-Fi, then the clock, then TLS: at 1970 no certificate is valid.
#include <WiFi.h>
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
bool isRunning = false;
volatile bool isConnected = false, hasFailed = false;
unsigned attempt = 0, count = 0;
unsigned long nextTryAt = 0, nextMessageAt = 0;

// One line for what went wrong, with Berth's error number.
void report(const esp_mqtt_error_codes_t &e) {
  if (e.error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED) {
    switch (e.connect_return_code) {
      case 5: Serial.println("error -5: the address is not this deployment's (SNI), or the client is banned (-8)"); break;
      case 4: Serial.println("error -4: user name or password not accepted"); break;
      case 3: Serial.println("error -6: the deployment is stopped, at a limit (-7) or the server is busy (-15)"); break;
      default: Serial.printf("error -9: protocol or client id refused (%d)\n", (int)e.connect_return_code);
    }
  } else if (e.error_type == MQTT_ERROR_TYPE_SUBSCRIBE_FAILED) {
    Serial.println("error -10: the subscription is not permitted");
  } else if (e.esp_tls_last_esp_err == ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME) {
    Serial.printf("error -1: the address %s does not resolve\n", HOST);
  } else if (e.esp_tls_cert_verify_flags != 0 || e.esp_tls_last_esp_err == ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED) {
    Serial.printf("error -3: TLS failed, -0x%04x, flags 0x%x: CA, clock or address\n", -e.esp_tls_stack_err,
                  e.esp_tls_cert_verify_flags);
  } else if (e.esp_transport_sock_errno == ECONNREFUSED || e.esp_transport_sock_errno == EPROTO) {
    Serial.println("error -2: wrong port or path, or the service is down");
  } else if (e.esp_tls_last_esp_err != 0) {
    Serial.printf("error -1: %s is not reached (0x%x)\n", HOST, (unsigned)e.esp_tls_last_esp_err);
  } else {
    Serial.println("error -13: the connection was lost");
  }
}

void onEvent(void *, esp_event_base_t, int32_t id, void *data) {
  auto *event = (esp_mqtt_event_handle_t)data;
  switch ((esp_mqtt_event_id_t)id) {
    case MQTT_EVENT_CONNECTED:
      Serial.println("connected");
      esp_mqtt_client_subscribe(client, messages.c_str(), 1);
      esp_mqtt_client_enqueue(client, status.c_str(), "online", 0, 1, 1, true);
      attempt = 0;
      isConnected = true;
      break;
    case MQTT_EVENT_DATA: Serial.printf("received: %.*s\n", event->data_len, event->data); break;
    case MQTT_EVENT_ERROR:
      report(*event->error_handle);
      if (event->error_handle->error_type != MQTT_ERROR_TYPE_SUBSCRIBE_FAILED) hasFailed = true;
      break;
    case MQTT_EVENT_DISCONNECTED:
      if (isConnected && !hasFailed) Serial.println("error -13: the connection was lost");
      isConnected = false;
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

void loop() {
  delay(50);
  if (WiFi.status() != WL_CONNECTED || time(nullptr) < BUILT) return;
  if (hasFailed) {
    esp_mqtt_client_stop(client);
    hasFailed = isConnected = isRunning = false;
    unsigned long full = 1000UL << min(attempt, 6U);
    if (full > 60000UL) full = 60000UL;
    unsigned long wait = full / 2 + esp_random() % (full / 2);
    attempt++;
    nextTryAt = millis() + wait;
    Serial.printf("next try in %lu ms\n", wait);
  }
  if (!isRunning && (long)(millis() - nextTryAt) >= 0) {
    isRunning = true;
    esp_mqtt_client_start(client);
  }
  if (isConnected && (long)(millis() - nextMessageAt) >= 0) {
    nextMessageAt = millis() + 2000;
    String text = String("hello ") + String(++count);
    esp_mqtt_client_enqueue(client, messages.c_str(), text.c_str(), 0, 1, 0, true);
  }
}
