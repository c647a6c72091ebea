#pragma once
#include "../resolve.hpp"
#include "Arduino.h"

enum { WL_CONNECTED = 3, WL_DISCONNECTED = 6, WIFI_STA = 1 };
struct IPAddress {};
struct WiFiStation {
  void mode(int) {}
  void begin(const char *, const char *) { startedAt_ = millis(); }
  int status() const { return millis() > startedAt_ + 100 ? WL_CONNECTED : WL_DISCONNECTED; }
  bool hostByName(const char *name, IPAddress &) {
    in_addr address;
    return boardResolve(name, address);
  }

 private:
  unsigned long startedAt_ = 0;
};
inline WiFiStation WiFi;
