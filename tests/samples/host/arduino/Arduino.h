// Arduino on the host: Wi-Fi comes after a moment, and the clock starts at 1970 until configTime has had one too.
// BOARD_CLOCK=never: no answer of NTP.
#pragma once
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>

#define PROGMEM
using std::min;

class String {
 public:
  String(const char *text = "") : text_(text) {}
  explicit String(unsigned value) : text_(std::to_string(value)) {}
  String operator+(const String &other) const { return String((text_ + other.text_).c_str()); }
  bool operator==(const char *other) const { return text_ == other; }
  const char *c_str() const { return text_.c_str(); }

 private:
  std::string text_;
};

inline unsigned long millis() {
  using namespace std::chrono;
  static const auto start = steady_clock::now();
  return (unsigned long)duration_cast<milliseconds>(steady_clock::now() - start).count();
}
inline void delay(unsigned long ms) { usleep((useconds_t)ms * 1000); }
inline long random(long below) { return below > 0 ? rand() % below : 0; }

inline unsigned long &clockAsked() {
  static unsigned long at = 0;
  return at;
}
inline void configTime(long, int, const char *, const char *) { clockAsked() = millis() + 1; }
// The board's clock: seconds since its start, until the answer of NTP is there.
inline time_t boardTime(time_t *) {
  bool isSet = clockAsked() != 0 && millis() > clockAsked() + 300 && getenv("BOARD_CLOCK") == nullptr;
  return isSet ? ::time(nullptr) : (time_t)(millis() / 1000);
}

struct SerialPort {
  void begin(long) { setvbuf(stdout, nullptr, _IOLBF, 0); }
  void println(const char *text) { ::printf("%s\n", text); }
  void printf(const char *format, ...) __attribute__((format(printf, 2, 3))) {
    va_list values;
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
  }
};
inline SerialPort Serial;
