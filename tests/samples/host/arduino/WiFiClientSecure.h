// BearSSL's settings on the host. Verdicts are BearSSL's numbers.
#pragma once
#include <string>

#include "Arduino.h"

namespace BearSSL {
struct X509List {
  std::string pem;
  explicit X509List(const char *text) : pem(text) {}
};
class WiFiClientSecure {
 public:
  const X509List *anchors = nullptr;
  time_t now = 0;
  int lastError = 0;
  void setTrustAnchors(const X509List *list) { anchors = list; }
  void setX509Time(time_t time) { now = time; }
  int getLastSSLError() const { return lastError; }
  void stop() { lastError = 0; }
};
}  // namespace BearSSL
