# C module `voice` in a MicroPython build that uses CMake: the esp32 port.
#
# In, as absolute paths:
#   HANDSET_THIRD_PARTY  folder with the unpacked opus, vo-amrwbenc and opencore-amr
#   HANDSET_GENERATED    folder with board_facts.h
#
# modvoice.c and io_esp32*.c are compiled as a part of MicroPython, with ESP-IDF's headers. The core
# is a library with flags of its own. The codecs are built by codecs.mk, as for every other port,
# with this build's compiler: what they consist of is written down once.

foreach(variable HANDSET_THIRD_PARTY HANDSET_GENERATED)
    if(NOT IS_DIRECTORY "${${variable}}")
        message(FATAL_ERROR
            "${variable} is not a folder: '${${variable}}', see ${CMAKE_CURRENT_LIST_FILE}")
    endif()
endforeach()
find_program(HANDSET_MAKE NAMES gmake make REQUIRED)

set(VOICE_DIR ${CMAKE_CURRENT_LIST_DIR})
set(VOICE_CODECS_DIR ${CMAKE_BINARY_DIR}/voice_codecs)

# --- codecs -------------------------------------------------------------------------------------

cmake_host_system_information(RESULT VOICE_JOBS QUERY NUMBER_OF_LOGICAL_CORES)
# Always run: make knows what is up to date. Its settings are not those of a make above us.
add_custom_target(voice_codecs_make
    COMMAND ${CMAKE_COMMAND} -E env --unset=MAKEFLAGS --unset=MFLAGS --unset=MAKELEVEL
        ${HANDSET_MAKE} --no-print-directory -s -j${VOICE_JOBS} -f ${VOICE_DIR}/codecs.mk
        THIRD_PARTY=${HANDSET_THIRD_PARTY} OUT=${VOICE_CODECS_DIR}
        CC=${CMAKE_C_COMPILER} AR=${CMAKE_AR} "CFLAGS_EXTRA=${CMAKE_C_FLAGS}"
    BYPRODUCTS ${VOICE_CODECS_DIR}/libcodecs.a
    COMMENT "Codecs of voice"
    VERBATIM
)
add_library(voice_codecs STATIC IMPORTED GLOBAL)
set_target_properties(voice_codecs PROPERTIES IMPORTED_LOCATION ${VOICE_CODECS_DIR}/libcodecs.a)
add_dependencies(voice_codecs voice_codecs_make)

# --- core ---------------------------------------------------------------------------------------

file(GLOB VOICE_CORE_SOURCES CONFIGURE_DEPENDS ${VOICE_DIR}/core/*.c)
add_library(voice_core STATIC ${VOICE_CORE_SOURCES})
target_compile_options(voice_core PRIVATE
    -std=c99 -O2 -ffunction-sections -fdata-sections -Wall -Wextra -Werror
)
# The folders of includes.mk.
set(VOICE_OPENCORE ${HANDSET_THIRD_PARTY}/opencore-amr)
target_include_directories(voice_core SYSTEM PRIVATE
    ${HANDSET_THIRD_PARTY}/vo-amrwbenc/common/include
    ${VOICE_OPENCORE}/opencore/codecs_v2/audio/gsm_amr/amr_wb/dec/src
    ${VOICE_OPENCORE}/opencore/codecs_v2/audio/gsm_amr/amr_wb/dec/include
    ${VOICE_OPENCORE}/opencore/codecs_v2/audio/gsm_amr/common/dec/include
    ${VOICE_OPENCORE}/oscl
    ${HANDSET_THIRD_PARTY}/opus/include
)
target_link_libraries(voice_core PRIVATE voice_codecs vault_core)
# It changes the layout of the engine: everybody who includes engine.h must know.
file(STRINGS ${HANDSET_GENERATED}/board_facts.h VOICE_OPUS REGEX "^#define HANDSET_CODEC_OPUS ")
if(NOT VOICE_OPUS)
    target_compile_definitions(voice_core PUBLIC VOICE_WITHOUT_OPUS)
endif()

# --- module -------------------------------------------------------------------------------------

add_library(usermod_voice INTERFACE)
target_sources(usermod_voice INTERFACE
    ${VOICE_DIR}/modvoice.c
    ${VOICE_DIR}/io_esp32.c
    ${VOICE_DIR}/io_esp32_i2s.c
    ${VOICE_DIR}/io_esp32_slots.c
)
target_include_directories(usermod_voice INTERFACE ${VOICE_DIR} ${HANDSET_GENERATED})
target_link_libraries(usermod_voice INTERFACE voice_core)
target_link_libraries(usermod INTERFACE usermod_voice)
