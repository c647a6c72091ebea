// esp-mqtt on the host: a thread does what its task does, and calls the handler as the task does.
#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "mqtt_client.h"
#include "wire.hpp"

namespace {
struct Waiting {
  std::string topic, payload;
  int qos;
  bool retain, isSubscription;
};
}  // namespace

struct esp_mqtt_client {
  WireOptions options;
  Wire wire;
  esp_event_handler_t handler = nullptr;
  void *arg = nullptr;
  std::thread task;
  std::atomic<bool> runs{false};
  std::mutex lock;
  std::deque<Waiting> outbox;

  void emit(esp_mqtt_event_id_t id, esp_mqtt_error_codes_t *error = nullptr, const std::string &data = "") {
    esp_mqtt_event_t event{};
    std::string copy = data;
    event.event_id = id;
    event.client = this;
    event.data = copy.data();
    event.data_len = (int)copy.size();
    event.error_handle = error;
    handler(arg, "MQTT_EVENTS", id, &event);
  }

  void fault() {
    esp_mqtt_error_codes_t e{};
    e.error_type = MQTT_ERROR_TYPE_TCP_TRANSPORT;
    e.esp_transport_sock_errno = wire.socketError;
    if (wire.failedAt == Wire::resolve) e.esp_tls_last_esp_err = ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME;
    if (wire.failedAt == Wire::reach) e.esp_tls_last_esp_err = ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
    if (wire.failedAt == Wire::upgrade) e.esp_transport_sock_errno = EPROTO;
    if (wire.failedAt == Wire::tls) {
      e.esp_tls_last_esp_err = ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED;
      e.esp_tls_stack_err = -0x2700;
      e.esp_tls_cert_verify_flags = wire.verdict == 0 ? 0 : 8;
    }
    if (wire.failedAt == Wire::connack && wire.returnCode != 0) {
      e.error_type = MQTT_ERROR_TYPE_CONNECTION_REFUSED;
      e.connect_return_code = wire.returnCode;
    }
    emit(MQTT_EVENT_ERROR, &e);
    emit(MQTT_EVENT_DISCONNECTED);
  }

  void run() {
    wire.onMessage = [this](const std::string &, const std::string &payload) { emit(MQTT_EVENT_DATA, nullptr, payload); };
    wire.onSuback = [this](int code) {
      esp_mqtt_error_codes_t e{};
      e.error_type = MQTT_ERROR_TYPE_SUBSCRIBE_FAILED;
      if (code >= 0x80) emit(MQTT_EVENT_ERROR, &e);
      else emit(MQTT_EVENT_SUBSCRIBED);
    };
    if (!wire.connect(options)) return fault();
    emit(MQTT_EVENT_CONNECTED);
    while (runs) {
      for (;;) {
        std::unique_lock<std::mutex> held(lock);
        if (outbox.empty()) break;
        Waiting next = outbox.front();
        outbox.pop_front();
        held.unlock();
        if (next.isSubscription) wire.subscribe(next.topic, next.qos);
        else wire.publish(next.topic, next.payload, next.qos, next.retain);
      }
      if (!wire.poll(20)) return fault();
    }
  }

  void push(Waiting one) {
    std::lock_guard<std::mutex> held(lock);
    outbox.push_back(std::move(one));
  }
};

extern "C" {
esp_mqtt_client_handle_t esp_mqtt_client_init(const esp_mqtt_client_config_t *c) {
  auto *client = new esp_mqtt_client();
  WireOptions &o = client->options;
  o.host = c->broker.address.hostname;
  o.port = (int)c->broker.address.port;
  o.webSocket = c->broker.address.transport == MQTT_TRANSPORT_OVER_WSS;
  o.ca = c->broker.verification.certificate;
  o.clientId = c->credentials.client_id;
  o.username = c->credentials.username;
  o.password = c->credentials.authentication.password;
  o.keepAliveS = c->session.keepalive;
  o.cleanSession = !c->session.disable_clean_session;
  o.willTopic = c->session.last_will.topic;
  o.willMessage = c->session.last_will.msg;
  o.willQos = c->session.last_will.qos;
  o.willRetain = c->session.last_will.retain != 0;
  return client;
}

esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t, esp_event_handler_t handler,
                                         void *arg) {
  client->handler = handler;
  client->arg = arg;
  return ESP_OK;
}

esp_err_t esp_mqtt_client_start(esp_mqtt_client_handle_t client) {
  client->runs = true;
  client->task = std::thread([client] { client->run(); });
  return ESP_OK;
}

esp_err_t esp_mqtt_client_stop(esp_mqtt_client_handle_t client) {
  client->runs = false;
  if (client->task.joinable()) client->task.join();
  client->wire.close();
  return ESP_OK;
}

int esp_mqtt_client_subscribe(esp_mqtt_client_handle_t client, const char *topic, int qos) {
  client->push({topic, "", qos, false, true});
  return 1;
}

int esp_mqtt_client_enqueue(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain, bool) {
  client->push({topic, len > 0 ? std::string(data, len) : std::string(data), qos, retain != 0, false});
  return 1;
}
}
