// Release builds only: where MicroPython's main.c starts a prompt because the application has ended, the
// handset starts afresh. The linker puts these in place of the prompts (board.cmake), which a release does not
// even contain, having no compiler; firmware/tools/esp32_image.py looks for them in what was linked.

#include "esp_system.h"
#include "py/mphal.h"

int __wrap_pyexec_friendly_repl(void);
int __wrap_pyexec_raw_repl(void);

int __wrap_pyexec_friendly_repl(void) {
    mp_hal_stdout_tx_str("handset: the application ended, restarting\r\n");
    esp_restart();
}

int __wrap_pyexec_raw_repl(void) {
    return __wrap_pyexec_friendly_repl();
}
