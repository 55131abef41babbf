set(IDF_PATH $ENV{IDF_PATH})

function(idf_build_set_property name value)
    file(APPEND ${CMAKE_BINARY_DIR}/build_properties.txt "${name}=${value}\n")
endfunction()

# CONFIG_ variables, as ESP-IDF derives them from the options and the chip.
macro(fake_read_options)
    file(STRINGS ${SDKCONFIG_DEFAULTS} fake_lines REGEX "^CONFIG_")
    foreach(fake_line IN LISTS fake_lines)
        string(REGEX MATCH "^([A-Za-z0-9_]+)=(.*)$" fake_pair "${fake_line}")
        set(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
        if("${CMAKE_MATCH_2}" STREQUAL "n")
            unset(${CMAKE_MATCH_1})
        endif()
    endforeach()
    string(TOUPPER ${IDF_TARGET} fake_target)
    set(CONFIG_IDF_TARGET_${fake_target} y)
    if(IDF_TARGET MATCHES "^esp32c")
        set(CONFIG_IDF_TARGET_ARCH_RISCV y)
    else()
        set(CONFIG_IDF_TARGET_ARCH_XTENSA y)
    endif()
endmacro()

function(idf_component_register)
    cmake_parse_arguments(PARSE_ARGV 0 fake "" "" "SRCS;INCLUDE_DIRS;LDFRAGMENTS;REQUIRES")
    add_library(__idf_main STATIC ${fake_SRCS})
    target_include_directories(__idf_main PUBLIC ${fake_INCLUDE_DIRS})
    set(COMPONENT_TARGET __idf_main PARENT_SCOPE)
endfunction()

# What a component offers those who link it; only components that the main one requires are in the build.
function(fake_components requires_file)
    file(READ ${requires_file} requires)
    foreach(component IN LISTS requires)
        add_library(__idf_${component} INTERFACE)
        add_library(idf::${component} ALIAS __idf_${component})
    endforeach()
endfunction()

# What the board's files have set by the time ESP-IDF takes over.
function(fake_record_variables)
    get_cmake_property(names VARIABLES)
    list(FILTER names INCLUDE REGEX "^(MICROPY|HANDSET|IDF|SDKCONFIG|USER_C|CONFIG)_?")
    foreach(name IN LISTS names)
        file(APPEND ${CMAKE_BINARY_DIR}/variables.txt "${name}=${${name}}\n")
    endforeach()
endfunction()

macro(project name)
    _project(${name} C)
    fake_read_options()
    fake_record_variables()
    execute_process(
        COMMAND ${CMAKE_COMMAND} -D COMPONENT_DIR=${CMAKE_CURRENT_SOURCE_DIR}/main
            -D REQUIRES_FILE=${CMAKE_BINARY_DIR}/requires.txt
            -P ${IDF_PATH}/tools/cmake/requirements.cmake
        RESULT_VARIABLE fake_result)
    if(fake_result)
        message(FATAL_ERROR "the main component does not expand early")
    endif()
    fake_components(${CMAKE_BINARY_DIR}/requires.txt)
    add_subdirectory(main)
    file(WRITE ${CMAKE_BINARY_DIR}/start.c "int main(void) { return 0; }\n")
    add_executable(${name}.elf ${CMAKE_BINARY_DIR}/start.c)
    target_link_libraries(${name}.elf PRIVATE __idf_main)
endmacro()
