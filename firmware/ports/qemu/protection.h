#pragma once

void protection_start(void);
