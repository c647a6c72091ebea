// A device of Berth with ESP-IDF 5.2 or newer: MQTT 3.1.1 over TLS (8883) or WebSocket over TLS (8084), with esp-mqtt.
// Put ca.crt beside the folder main, then: idf.py set-target esp32 flash monitor
// (ESP-IDF 6 keeps the client apart: idf.py add-dependency espressif/mqtt)
// The order is Wi-Fi, then the clock, then TLS: at 1970 no certificate is valid.
//
// Checked: names and meaning of the API against the sources of esp-mqtt 1.1 and esp-tls of ESP-IDF 5; compiled and run
// against the service on a host, with thin headers for the board. Not checked: Espressif's compiler, a board.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_netif_sntp.h"
#include "esp_random.h"
#include "esp_tls.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "mqtt_client.h"
#include "nvs_flash.h"

// ---- settings: change these ----
#define WIFI_SSID "your-wifi"
#define WIFI_PASSWORD "your-wifi-password"
#define HOST "your-deployment.example.com"  // the deployment's own address, never an IP address: it is sent as SNI too
static const char *const TRANSPORT = "tls";  // "tls", or "wss" where only web ports are open
#define TLS_PORT 8883
#define WSS_PORT 8084
#define USERNAME "your-user"
#define PASSWORD "your-password"
#define CLIENT_ID "sample-esp32-idf"  // one of its own for every device
// ---- end of settings ----

#define STATUS "devices/" CLIENT_ID "/status"
#define MESSAGES "devices/" CLIENT_ID "/messages"

extern const char ca_pem[] asm("_binary_ca_crt_start");
static volatile bool has_network, is_connected, has_failed, has_reported;

// One line for what went wrong, with Berth's error number.
static void report(const esp_mqtt_error_codes_t *e) {
    has_reported = true;
    if (is_connected) {
        printf("error -13: the connection was lost\n");
    } else if (e->error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED) {
        switch ((int)e->connect_return_code) {
            case 5: printf("error -5: the address is not this deployment's (SNI), or the client is banned (-8)\n"); break;
            case 4: printf("error -4: user name or password not accepted\n"); break;
            case 3: printf("error -6: the deployment is stopped, at a limit (-7) or the server is busy (-15)\n"); break;
            default: printf("error -9: protocol or client id refused (%d)\n", (int)e->connect_return_code);
        }
    } else if (e->esp_tls_last_esp_err == ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME) {
        printf("error -1: the address %s does not resolve\n", HOST);
    } else if (e->esp_tls_cert_verify_flags & 0x08) {
        printf("error -3: the CA is not the one of this service\n");
    } else if (e->esp_tls_cert_verify_flags & 0x04) {
        printf("error -3: the certificate is for another address\n");
    } else if (e->esp_tls_cert_verify_flags & 0x0201) {
        printf("error -3: the certificate is not valid at this time: is the clock right?\n");
    } else if (e->esp_tls_last_esp_err == ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED) {
        printf("error -3: TLS failed (-0x%04x)\n", (unsigned)e->esp_tls_stack_err);
    } else if (e->esp_tls_last_esp_err == ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST &&
               (e->esp_transport_sock_errno == ECONNRESET || e->esp_transport_sock_errno == ECONNREFUSED)) {
        printf("error -2: wrong port, or the service is down\n");
    } else if (e->esp_tls_last_esp_err != 0 && e->esp_tls_last_esp_err != ESP_ERR_ESP_TLS_TCP_CLOSED_FIN) {
        printf("error -1: %s is not reached (0x%x)\n", HOST, (unsigned)e->esp_tls_last_esp_err);
    } else {
        printf("error -2: closed without an answer: wrong port or WebSocket path\n");
    }
}

// Runs in the client's own task: it never waits.
static void on_mqtt(void *arg, esp_event_base_t base, int32_t id, void *data) {
    esp_mqtt_event_handle_t event = data;
    switch (id) {
        case MQTT_EVENT_CONNECTED:
            printf("connected\n");
            is_connected = true;
            esp_mqtt_client_subscribe(event->client, MESSAGES, 1);
            esp_mqtt_client_enqueue(event->client, STATUS, "online", 0, 1, 1, true);
            break;
        case MQTT_EVENT_SUBSCRIBED:
            if (event->error_handle->error_type == MQTT_ERROR_TYPE_SUBSCRIBE_FAILED)
                printf("error -10: the subscription is not permitted\n");
            break;
        case MQTT_EVENT_DATA:  // long ones come in parts
            printf("received: %.*s\n", event->data_len, event->data);
            break;
        case MQTT_EVENT_ERROR:
            report(event->error_handle);
            break;
        case MQTT_EVENT_DISCONNECTED:
            if (!has_reported) printf("error -13: no answer: the connection was lost\n");
            is_connected = has_reported = false;
            has_failed = true;
            break;
    }
}

static void on_network(void *arg, esp_event_base_t base, int32_t id, void *data) {
    if (base == IP_EVENT) {
        has_network = true;
    } else if (id == WIFI_EVENT_STA_START || id == WIFI_EVENT_STA_DISCONNECTED) {
        has_network = false;
        esp_wifi_connect();
    }
}

static void start_wifi(void) {
    esp_err_t storage = nvs_flash_init();
    if (storage == ESP_ERR_NVS_NO_FREE_PAGES || storage == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        ESP_ERROR_CHECK(nvs_flash_erase());
        storage = nvs_flash_init();
    }
    ESP_ERROR_CHECK(storage);
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    esp_netif_create_default_wifi_sta();
    wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    ESP_ERROR_CHECK(esp_wifi_init(&init));
    ESP_ERROR_CHECK(esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_network, NULL));
    ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_network, NULL));
    wifi_config_t config = {.sta = {.ssid = WIFI_SSID, .password = WIFI_PASSWORD}};
    ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
    ESP_ERROR_CHECK(esp_wifi_set_config(WIFI_IF_STA, &config));
    ESP_ERROR_CHECK(esp_wifi_start());
}

static void wait_for_network_and_clock(void) {
    esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG("pool.ntp.org");
    for (int i = 1; !has_network; i++) {
        if (i % 50 == 0) printf("error -1: there is no Wi-Fi\n");
        vTaskDelay(pdMS_TO_TICKS(100));
    }
    ESP_ERROR_CHECK(esp_netif_sntp_init(&config));
    while (esp_netif_sntp_sync_wait(pdMS_TO_TICKS(5000)) != ESP_OK)
        printf("error -3: the clock is not set yet, and TLS needs it: is NTP (UDP port 123) open?\n");
}

static esp_mqtt_client_handle_t make_client(void) {
    const bool is_web_socket = strcmp(TRANSPORT, "wss") == 0;
    esp_mqtt_client_config_t config = {
        .broker.address.hostname = HOST,
        .broker.address.port = is_web_socket ? WSS_PORT : TLS_PORT,
        .broker.address.transport = is_web_socket ? MQTT_TRANSPORT_OVER_WSS : MQTT_TRANSPORT_OVER_SSL,
        .broker.address.path = is_web_socket ? "/mqtt" : NULL,
        .broker.verification.certificate = ca_pem,
        .credentials.client_id = CLIENT_ID,
        .credentials.username = USERNAME,
        .credentials.authentication.password = PASSWORD,
        .session.keepalive = 30,
        .session.disable_clean_session = true,  // messages reach a device that was away
        .session.last_will = {.topic = STATUS, .msg = "offline", .qos = 1, .retain = 1},
        .network.disable_auto_reconnect = true,  // done below, with jitter
        .network.timeout_ms = 30000,             // a handshake is slow on a small chip
        .outbox.limit = 16 * 1024,               // bytes that wait for an acknowledgement; for how long: sdkconfig.defaults
    };
    esp_mqtt_client_handle_t client = esp_mqtt_client_init(&config);
    ESP_ERROR_CHECK(esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, on_mqtt, NULL));
    return client;
}

// Connects again after 0.5 to 1 of 1, 2, 4 ... 60 seconds.
static void keep_trying(void *argument) {
    esp_mqtt_client_handle_t client = argument;
    for (unsigned attempt = 0;; attempt++) {
        TickType_t tried_at = xTaskGetTickCount();
        while (!has_failed) vTaskDelay(pdMS_TO_TICKS(100));
        has_failed = false;
        // Only a connection that lasted starts the back-off anew.
        if (xTaskGetTickCount() - tried_at > pdMS_TO_TICKS(60000)) attempt = 0;
        unsigned full = attempt < 6 ? 1000u << attempt : 60000u;
        unsigned wait = full / 2 + esp_random() % (full / 2);
        printf("next try in %u ms\n", wait);
        vTaskDelay(pdMS_TO_TICKS(wait));
        // Never stop and start again: stopping throws away what is not acknowledged.
        esp_mqtt_client_reconnect(client);
    }
}

void app_main(void) {
    start_wifi();
    wait_for_network_and_clock();
    esp_mqtt_client_handle_t client = make_client();
    ESP_ERROR_CHECK(esp_mqtt_client_start(client));
    xTaskCreate(keep_trying, "keep_trying", 4096, client, 5, NULL);
    // What the device has to say, connected or not: the client keeps it until it is acknowledged.
    for (unsigned count = 1;; count++) {
        char text[32];
        snprintf(text, sizeof text, "hello %u", count);
        if (esp_mqtt_client_enqueue(client, MESSAGES, text, 0, 1, 0, true) < 0)
            printf("%s is dropped: too many messages are waiting\n", text);
        vTaskDelay(pdMS_TO_TICKS(2000));
    }
}
