// Included by MicroPython's configuration; nothing of it is needed here.
#pragma once
