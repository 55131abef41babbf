#include "health.h"

static bool repetition_ok(struct vault_health *health, uint8_t byte) {
    if (health->n_equal > 0 && byte == health->last) {
        health->n_equal++;
    } else {
        health->last = byte;
        health->n_equal = 1;
    }
    return health->n_equal < VAULT_HEALTH_REPETITION_CUTOFF;
}

static bool proportion_ok(struct vault_health *health, uint8_t byte) {
    if (health->n_in_window == 0) {
        health->counted = byte;
        health->n_counted = 0;
    }
    if (byte == health->counted) {
        health->n_counted++;
    }
    health->n_in_window = (uint16_t)((health->n_in_window + 1u) % VAULT_HEALTH_WINDOW_BYTES);
    return health->n_counted < VAULT_HEALTH_PROPORTION_CUTOFF;
}

bool vault_health_watch(struct vault_health *health, const uint8_t *bytes, size_t n_bytes) {
    for (size_t i = 0; i < n_bytes; i++) {
        bool repetition = repetition_ok(health, bytes[i]);
        bool proportion = proportion_ok(health, bytes[i]);
        if (!repetition || !proportion) {
            return false;
        }
    }
    return true;
}
