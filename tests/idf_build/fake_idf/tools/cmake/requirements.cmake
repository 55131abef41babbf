# The first look at a component, as a script: only what it requires counts.
set(CMAKE_BUILD_EARLY_EXPANSION 1)

macro(idf_component_register)
    cmake_parse_arguments(_ "" "" "SRCS;INCLUDE_DIRS;LDFRAGMENTS;REQUIRES" ${ARGN})
    file(WRITE ${REQUIRES_FILE} "${__REQUIRES}")
    return()
endmacro()

function(expand)
    include(${COMPONENT_DIR}/CMakeLists.txt)
endfunction()
expand()
