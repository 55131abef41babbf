// Priorities of ESP-IDF's own tasks (API Guides > Performance > Maximizing Execution Speed,
// "Built-In Task Priorities": lwIP 18, application tasks from 0 on, 24 the highest).
#pragma once

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define ESP_TASK_PRIO_MAX (configMAX_PRIORITIES)
#define ESP_TASK_PRIO_MIN (0)
#define ESP_TASK_TCPIP_PRIO (ESP_TASK_PRIO_MAX - 7)
