# C modules of the firmware in a MicroPython build that uses CMake (USER_C_MODULES points here).
include(${CMAKE_CURRENT_LIST_DIR}/vault/micropython.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/voice/micropython.cmake)
