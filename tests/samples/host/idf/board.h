/* ESP-IDF on the host: Wi-Fi is there at once. BOARD_CLOCK=never: no answer of NTP, so that the clock stays at 1970. */
#pragma once
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "esp_event.h"

#define ESP_ERROR_CHECK(x) \
  do {                     \
    if ((x) != ESP_OK) abort(); \
  } while (0)
extern const esp_event_base_t WIFI_EVENT, IP_EVENT;
enum { WIFI_EVENT_STA_START = 2, WIFI_EVENT_STA_DISCONNECTED = 5, IP_EVENT_STA_GOT_IP = 0 };
enum { WIFI_MODE_STA = 1, WIFI_IF_STA = 0 };
typedef struct {
  int unused;
} wifi_init_config_t;
#define WIFI_INIT_CONFIG_DEFAULT() {0}
typedef union {
  struct {
    uint8_t ssid[32], password[64];
  } sta;
} wifi_config_t;
typedef struct {
  const char *server;
} esp_sntp_config_t;
#define ESP_NETIF_SNTP_DEFAULT_CONFIG(name) {name}
typedef uint32_t TickType_t;
#define pdMS_TO_TICKS(ms) ((TickType_t)(ms))
#define ESP_ERR_NVS_NO_FREE_PAGES 0x110d
#define ESP_ERR_NVS_NEW_VERSION_FOUND 0x1110
#define ESP_ERR_TIMEOUT 0x107

extern esp_event_handler_t board_handlers[2];
extern int board_handler_count;

static inline esp_err_t nvs_flash_init(void) { return ESP_OK; }
static inline esp_err_t nvs_flash_erase(void) { return ESP_OK; }
static inline int esp_netif_init(void) { return ESP_OK; }
static inline int esp_event_loop_create_default(void) { return ESP_OK; }
static inline void *esp_netif_create_default_wifi_sta(void) { return NULL; }
static inline int esp_wifi_init(const wifi_init_config_t *config) { return config == NULL; }
static inline int esp_wifi_set_mode(int mode) { return mode != WIFI_MODE_STA; }
static inline int esp_wifi_set_config(int interface, const wifi_config_t *config) { return interface != 0 || config == NULL; }
static inline int esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *arg) {
  (void)base, (void)id, (void)arg;
  board_handlers[board_handler_count++] = handler;
  return ESP_OK;
}
static inline int esp_wifi_connect(void) {
  board_handlers[1](NULL, IP_EVENT, IP_EVENT_STA_GOT_IP, NULL);
  return ESP_OK;
}
static inline int esp_wifi_start(void) {
  board_handlers[0](NULL, WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
  return ESP_OK;
}
static inline int esp_netif_sntp_init(const esp_sntp_config_t *config) { return config == NULL; }
static inline void vTaskDelay(TickType_t ticks) { usleep((useconds_t)ticks * 1000); }
static inline esp_err_t esp_netif_sntp_sync_wait(TickType_t ticks) {
  if (getenv("BOARD_CLOCK") == NULL) return ESP_OK;
  vTaskDelay(ticks);
  return ESP_ERR_TIMEOUT;
}
static inline TickType_t xTaskGetTickCount(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (TickType_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}
int xTaskCreate(void (*code)(void *), const char *name, uint32_t stack, void *argument, unsigned priority, void *handle);
