/* Starts the sample as the boot loader does, with the CA file in the firmware. */
#include "board.h"

const esp_event_base_t WIFI_EVENT = "WIFI_EVENT", IP_EVENT = "IP_EVENT";
esp_event_handler_t board_handlers[2];
int board_handler_count = 0;

__asm__(".section .rodata\n.global _binary_ca_crt_start\n_binary_ca_crt_start:\n.incbin \"ca.crt\"\n.byte 0\n.text\n");

void app_main(void);

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  srand((unsigned)getpid());
  app_main();
  return 0;
}
