# Fails when a name of cpprestsdk stands outside the four files that may use it.
# cmake -DSOURCE_DIR=... -P check_containment.cmake; must not be fooled by prose: it looks for code.
string(CONCAT names
    "<cpprest/|<pplx/|pplx::|crossplat::|concurrency::streams|utility::string_t|websocketpp::|"
    "web::(websockets|http|uri|json|web_proxy|credentials)")
set(home "core/driver/cpprest/sdk_*")

# Those files, and the peers of the benchmarks, which measure the library.
set(allowed
    "^(core/driver/cpprest/sdk_(client\\.cpp|http\\.cpp|pool\\.cpp|body_sink\\.hpp)$|tests/bench/)")

set(offenders "")
set(seen 0)
foreach(part core capi bindings tests tools examples)
    file(GLOB_RECURSE files RELATIVE "${SOURCE_DIR}"
        "${SOURCE_DIR}/${part}/*.hpp" "${SOURCE_DIR}/${part}/*.h" "${SOURCE_DIR}/${part}/*.cpp")
    foreach(file IN LISTS files)
        math(EXPR seen "${seen} + 1")
        if(file MATCHES "${allowed}" OR file MATCHES "/node_modules/|/build/")
            continue()
        endif()
        file(STRINGS "${SOURCE_DIR}/${file}" lines REGEX "${names}")
        if(lines)
            list(GET lines 0 first)
            string(APPEND offenders "\n  ${file}: ${first}")
        endif()
    endforeach()
endforeach()

if(seen LESS 1)
    message(FATAL_ERROR "no source file found under ${SOURCE_DIR}")
endif()
if(offenders)
    message(FATAL_ERROR "cpprestsdk is named outside of ${home}:${offenders}")
endif()
message(STATUS "${seen} files looked at, cpprestsdk stays in ${home}")
