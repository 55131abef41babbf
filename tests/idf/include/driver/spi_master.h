// API Reference > Peripherals > SPI Master Driver: MicroPython's mphalport.h names a type of it.
#pragma once

typedef enum {
    SPI1_HOST,
    SPI2_HOST,
    SPI3_HOST,
} spi_host_device_t;
