# Helpers that give every target of this tree the same language level, warnings and visibility.
# Must not find packages: each layer names its own dependencies.

add_library(graceline_build_flags INTERFACE)
target_compile_features(graceline_build_flags INTERFACE cxx_std_20)
target_compile_options(graceline_build_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor>
    $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Wpedantic -Wconversion -Wshadow>)
# g++ 12 sees overlapping copies, unset members and overruns in std::string, std::vector and
# std::variant that are not there (GCC bugs 105651, 105562, 105329); newer ones and clang keep all.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(graceline_build_flags INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow>)
endif()
if(GRACELINE_WERROR)
    target_compile_options(graceline_build_flags INTERFACE -Werror)
endif()
target_include_directories(graceline_build_flags INTERFACE
    ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/capi/include)
if(GRACELINE_SANITIZE)
    target_compile_options(graceline_build_flags INTERFACE
        -fsanitize=${GRACELINE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(graceline_build_flags INTERFACE -fsanitize=${GRACELINE_SANITIZE})
    # clang 14 compares the types of functions by address, and a library with a version script has
    # its own: every hook of a host would look wrong.
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND GRACELINE_SANITIZE MATCHES "undefined")
        # The other one needs a C++ runtime, and a C program links none.
        target_compile_options(graceline_build_flags INTERFACE -fno-sanitize=function,vptr)
    endif()
endif()

# graceline_own_unit(FILE ...): a file that cannot share a unit with others when GRACELINE_UNITY is
# on (it replaces operators, needs other macros, or has a name that another file has too).
function(graceline_own_unit)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# graceline_quick_compile(TARGET): code that is run once or twice, such as a test, costs less time
# unoptimized: what it tests is optimized all the same.
function(graceline_quick_compile target)
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-O0>)
endfunction()

# graceline_layer(NAME SOURCES ... LINKS ...): one static, position-independent library a layer.
function(graceline_layer name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES
        POSITION_INDEPENDENT_CODE ON
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON)
    target_link_libraries(${name} PUBLIC graceline_build_flags ${ARG_LINKS})
endfunction()

# graceline_test(NAME SOURCES ... LINKS ... [OPTIMIZED] [TIMEOUT seconds] [LABELS ...]): one Catch2
# program, one ctest entry; the program prints its own cases. OPTIMIZED: its own code runs for long.
function(graceline_test name)
    cmake_parse_arguments(ARG "OPTIMIZED" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE graceline_test_main ${ARG_LINKS})
    if(NOT ARG_OPTIMIZED)
        graceline_quick_compile(${name})
    endif()
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
