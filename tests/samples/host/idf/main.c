/* Starts the sample as the boot loader does, with the CA file in the firmware. */
#include "board.h"

const esp_event_base_t WIFI_EVENT = "WIFI_EVENT", IP_EVENT = "IP_EVENT";
esp_event_handler_t board_handlers[2];
int board_handler_count = 0;

__asm__(".section .rodata\n.global _binary_ca_crt_start\n_binary_ca_crt_start:\n.incbin \"ca.crt\"\n.byte 0\n.text\n");

void app_main(void);

struct task {
  void (*code)(void *);
  void *argument;
};

static void *run_task(void *given) {
  struct task *task = given;
  task->code(task->argument);
  return NULL;
}

int xTaskCreate(void (*code)(void *), const char *name, uint32_t stack, void *argument, unsigned priority, void *handle) {
  (void)name, (void)stack, (void)priority, (void)handle;
  struct task *task = malloc(sizeof *task);
  task->code = code;
  task->argument = argument;
  pthread_t thread;
  return pthread_create(&thread, NULL, run_task, task) == 0;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  srand((unsigned)getpid());
  app_main();
  return 0;
}
