#pragma once
#include <stdint.h>
typedef int esp_err_t;
typedef const char *esp_event_base_t;
typedef void (*esp_event_handler_t)(void *arg, esp_event_base_t base, int32_t id, void *data);
#define ESP_OK 0
#define ESP_FAIL (-1)
#define ESP_EVENT_ANY_ID (-1)
