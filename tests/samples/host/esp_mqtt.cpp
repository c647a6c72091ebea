// esp-mqtt on the host: a thread goes through the states that its task goes through, and calls the handler as the task
// does. Modelled on esp-mqtt 1.1 with automatic reconnecting off: after a failure it waits to be asked; the outbox outlives
// a connection; what is not acknowledged is sent again, and thrown away 30 s after it was put there.
#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "mqtt_client.h"
#include "wire.hpp"

namespace {
using Clock = std::chrono::steady_clock;
const auto expiry = std::chrono::seconds(30);
const auto retransmission = std::chrono::seconds(1);

struct Waiting {
  int id;
  std::string topic, payload;
  bool retain, isSubscription, isSent;
  Clock::time_point since, sentAt;
};
}  // namespace

struct esp_mqtt_client {
  WireOptions options;
  size_t outboxLimit = 0;
  Wire wire;
  esp_event_handler_t handler = nullptr;
  void *arg = nullptr;
  esp_mqtt_error_codes_t errors{};
  std::atomic<bool> isWaiting{false}, isAsked{false}, isConnected{false};
  std::mutex lock;
  std::deque<Waiting> outbox;

  void emit(esp_mqtt_event_id_t id, int msgId = 0, const std::string &data = "") {
    esp_mqtt_event_t event{};
    std::string copy = data;
    event.event_id = id;
    event.client = this;
    event.data = copy.data();
    event.data_len = (int)copy.size();
    event.msg_id = msgId;
    event.error_handle = &errors;
    handler(arg, "MQTT_EVENTS", id, &event);
  }

  // What esp-tls and lwIP leave in the error handle, and how the task ends each failure.
  void fail() {
    errors = {};
    errors.error_type = MQTT_ERROR_TYPE_TCP_TRANSPORT;
    errors.esp_transport_sock_errno = wire.socketError;
    bool isSilent = false;
    switch (wire.failedAt) {
      case Wire::resolve: errors.esp_tls_last_esp_err = ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME; break;
      case Wire::reach: errors.esp_tls_last_esp_err = ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST; break;
      case Wire::tls:
        errors.esp_tls_last_esp_err = ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED;
        errors.esp_tls_stack_err = 0x2700;  // without its sign
        if (wire.verdict == X509_V_ERR_HOSTNAME_MISMATCH || wire.verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
          errors.esp_tls_cert_verify_flags = 0x04;
        else if (wire.verdict != 0) errors.esp_tls_cert_verify_flags = 0x08;
        break;
      case Wire::connack:
        if (wire.returnCode != 0) {
          errors.error_type = MQTT_ERROR_TYPE_CONNECTION_REFUSED;
          errors.connect_return_code = wire.returnCode;
        } else {
          isSilent = true;  // no CONNACK: only the disconnection is told
        }
        break;
      case Wire::open: errors.esp_tls_last_esp_err = ESP_ERR_ESP_TLS_TCP_CLOSED_FIN; break;
      default: break;  // an upgrade that was refused leaves nothing
    }
    if (!isSilent) emit(MQTT_EVENT_ERROR);
    isConnected = false;
    isWaiting = true;
    emit(MQTT_EVENT_DISCONNECTED);
  }

  void sendWaiting() {
    std::lock_guard<std::mutex> held(lock);
    auto now = Clock::now();
    while (!outbox.empty() && now - outbox.front().since > expiry) outbox.pop_front();
    for (Waiting &one : outbox) {
      if (one.isSent && now - one.sentAt < retransmission) continue;
      if (one.isSubscription) wire.subscribe(one.topic, 1);
      else wire.publishAs(one.id, one.topic, one.payload, one.retain, one.isSent);
      one.isSent = true;
      one.sentAt = now;
    }
    // A subscription is acknowledged in any case.
    std::erase_if(outbox, [](const Waiting &one) { return one.isSubscription && one.isSent; });
  }

  void connect() {
    if (!wire.connect(options)) return fail();
    isConnected = true;
    emit(MQTT_EVENT_CONNECTED);
    for (;;) {
      sendWaiting();
      if (!wire.poll(20)) return fail();
    }
  }

  void run() {
    wire.onMessage = [this](const std::string &, const std::string &payload) { emit(MQTT_EVENT_DATA, 0, payload); };
    wire.onPuback = [this](int id) {
      {
        std::lock_guard<std::mutex> held(lock);
        std::erase_if(outbox, [id](const Waiting &one) { return one.id == id; });
      }
      emit(MQTT_EVENT_PUBLISHED, id);
    };
    wire.onSuback = [this](int code) {
      errors = {};
      if (code >= 0x80) errors.error_type = MQTT_ERROR_TYPE_SUBSCRIBE_FAILED;
      emit(MQTT_EVENT_SUBSCRIBED);
    };
    for (;;) {
      isWaiting = false;
      connect();
      while (!isAsked.exchange(false)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::lock_guard<std::mutex> held(lock);
        while (!outbox.empty() && Clock::now() - outbox.front().since > expiry) outbox.pop_front();
      }
    }
  }

  int push(const std::string &topic, const std::string &payload, bool retain, bool isSubscription) {
    std::lock_guard<std::mutex> held(lock);
    size_t size = payload.size();
    for (const Waiting &one : outbox) size += one.topic.size() + one.payload.size();
    if (outboxLimit > 0 && size > outboxLimit) return -2;
    int id = wire.nextId();
    outbox.push_back({id, topic, payload, retain, isSubscription, false, Clock::now(), {}});
    return id;
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
  client->outboxLimit = c->outbox.limit;
  return c->network.disable_auto_reconnect ? client : nullptr;
}

esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t, esp_event_handler_t handler,
                                         void *arg) {
  client->handler = handler;
  client->arg = arg;
  return ESP_OK;
}

esp_err_t esp_mqtt_client_start(esp_mqtt_client_handle_t client) {
  std::thread([client] { client->run(); }).detach();
  return ESP_OK;
}

esp_err_t esp_mqtt_client_reconnect(esp_mqtt_client_handle_t client) {
  if (!client->isWaiting) return ESP_FAIL;
  client->isAsked = true;
  return ESP_OK;
}

int esp_mqtt_client_subscribe(esp_mqtt_client_handle_t client, const char *topic, int) {
  return client->isConnected ? client->push(topic, "", false, true) : -1;
}

// QoS 1 only: that is what the samples use.
int esp_mqtt_client_enqueue(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain, bool) {
  if (qos != 1) return -1;
  return client->push(topic, len > 0 ? std::string(data, len) : std::string(data), retain != 0, false);
}
}
