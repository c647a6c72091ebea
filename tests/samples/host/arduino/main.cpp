// Runs a sketch as the core does. The sketch is included whole, so that its logic is the shipped one.
#include "Arduino.h"
#define time(pointer) boardTime(pointer)
#include "sketch.ino"

int main() {
  srand((unsigned)getpid());
  setup();
  for (;;) loop();
}
