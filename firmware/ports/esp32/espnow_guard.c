// From ESP-IDF v5.4 on the chip also takes ESP-NOW frames of version 2, of up to 1470 bytes (Programming Guide,
// API Reference > Networking > ESP-NOW, "Frame Format"). MicroPython 1.26.1 notes a frame's length in eight bits
// and stores all of it (ports/esp32/modespnow.c): whatever is beyond would be read as frames that nobody sent. The
// linker puts this in place of ESP-IDF's function (board.cmake), so that only frames of version 1 pass.

#include "esp_now.h"

esp_err_t __real_esp_now_register_recv_cb(esp_now_recv_cb_t callback);
esp_err_t __wrap_esp_now_register_recv_cb(esp_now_recv_cb_t callback);

static esp_now_recv_cb_t micropythons;

static void pass_short_frames(const esp_now_recv_info_t *info, const uint8_t *frame, int n_bytes) {
    if (n_bytes <= ESP_NOW_MAX_DATA_LEN) {
        micropythons(info, frame, n_bytes);
    }
}

esp_err_t __wrap_esp_now_register_recv_cb(esp_now_recv_cb_t callback) {
    micropythons = callback;
    return __real_esp_now_register_recv_cb(pass_short_frames);
}
