// The part of arduino-mqtt's API that the sample uses: names and meaning as in its 2.5.3 (src/MQTTClient.h).
#pragma once
#include <functional>

#include "../wire.hpp"
#include "Arduino.h"
#include "WiFiClientSecure.h"

typedef enum {
  LWMQTT_SUCCESS = 0,
  LWMQTT_NETWORK_FAILED_CONNECT = -3,
  LWMQTT_NETWORK_TIMEOUT = -4,
  LWMQTT_NETWORK_FAILED_READ = -5,
  LWMQTT_CONNECTION_DENIED = -10,
  LWMQTT_FAILED_SUBSCRIPTION = -11,
} lwmqtt_err_t;
typedef int lwmqtt_return_code_t;

class MQTTClient {
 public:
  explicit MQTTClient(int) {}
  void begin(const char *host, int port, BearSSL::WiFiClientSecure &net) {
    options_.host = host;
    options_.port = port;
    options_.matchesIp = false;
    net_ = &net;
    wire_.onPuback = [this](int id) { acknowledged_ = id; };
    wire_.onSuback = [this](int code) { suback_ = code; };
    wire_.onMessage = [this](const std::string &topic, const std::string &payload) {
      String t(topic.c_str()), p(payload.c_str());
      handler_(t, p);
    };
  }
  void setOptions(int keepAliveS, bool cleanSession, int) {
    options_.keepAliveS = keepAliveS;
    options_.cleanSession = cleanSession;
  }
  void setWill(const char *topic, const char *payload, bool retained, int qos) {
    options_.willTopic = topic;
    options_.willMessage = payload;
    options_.willRetain = retained;
    options_.willQos = qos;
  }
  void onMessage(std::function<void(String &, String &)> handler) { handler_ = handler; }
  bool connect(const char *id, const char *username, const char *password) {
    options_.clientId = id;
    options_.username = username;
    options_.password = password;
    options_.ca = net_->anchors == nullptr ? "" : net_->anchors->pem;
    net_->lastError = 0;
    // BearSSL judges by the time that it was told, and at 1970 nothing is valid.
    if (net_->now < 1735689600) return refuse(54);
    if (wire_.connect(options_)) return succeed(LWMQTT_SUCCESS);
    if (wire_.failedAt == Wire::tls) return refuse(wire_.verdict == 62 ? 56 : wire_.verdict == 0 ? 1 : 62);
    bool isDenied = wire_.failedAt == Wire::connack && wire_.returnCode != 0;
    error_ = isDenied ? LWMQTT_CONNECTION_DENIED : LWMQTT_NETWORK_FAILED_CONNECT;
    return false;
  }
  bool connected() const { return wire_.isOpen(); }
  bool loop() {
    if (!connected()) return false;
    if (wire_.poll(1)) return true;
    error_ = LWMQTT_NETWORK_FAILED_READ;
    return false;
  }
  lwmqtt_err_t lastError() const { return error_; }
  lwmqtt_return_code_t returnCode() const { return wire_.returnCode; }
  bool publish(const char *topic, const char *payload, bool retained, int qos) {
    if (!connected()) return false;
    int id = wire_.publish(topic, payload, qos, retained);
    return waitFor([this, id, qos] { return qos == 0 || acknowledged_ == id; });
  }
  bool subscribe(const char *topic, int qos) {
    if (!connected()) return false;
    suback_ = -1;
    wire_.subscribe(topic, qos);
    if (!waitFor([this] { return suback_ != -1; })) return false;
    if (suback_ < 0x80) return true;
    error_ = LWMQTT_FAILED_SUBSCRIPTION;
    wire_.close();  // as the library does
    return false;
  }

 private:
  WireOptions options_;
  Wire wire_;
  BearSSL::WiFiClientSecure *net_ = nullptr;
  std::function<void(String &, String &)> handler_;
  lwmqtt_err_t error_ = LWMQTT_SUCCESS;
  int acknowledged_ = 0, suback_ = -1;

  bool refuse(int tls) {
    net_->lastError = tls;
    error_ = LWMQTT_NETWORK_FAILED_CONNECT;
    return false;
  }
  bool succeed(lwmqtt_err_t error) {
    error_ = error;
    return true;
  }
  bool waitFor(const std::function<bool()> &isDone) {
    for (int i = 0; i < 1000 && !isDone(); i++) {
      if (!wire_.poll(10)) {
        error_ = LWMQTT_NETWORK_FAILED_READ;
        return false;
      }
    }
    return isDone();
  }
};
