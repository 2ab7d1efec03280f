# Tests that drive the built program from Python: one ctest test a file of pytest.
set(HDRTILE_PYTHON ${PROJECT_SOURCE_DIR}/.venv/bin/python
    CACHE FILEPATH "Python with scripts/requirements.txt installed, for the tests")
set(HDRTILE_TEST_MODELS ${PROJECT_BINARY_DIR}/test-models)
set(HDRTILE_TEST_PACKAGES ${PROJECT_BINARY_DIR}/test-packages)

if(NOT EXISTS ${HDRTILE_PYTHON})
  message(WARNING "${HDRTILE_PYTHON} is missing: tests in Python are left out. scripts/setup.sh makes it.")
endif()

# add_python_test(<name> <file>): runs <file> with the program and the test models at hand.
function(add_python_test name file)
  if(NOT EXISTS ${HDRTILE_PYTHON})
    return()
  endif()
  add_test(NAME ${name} COMMAND ${HDRTILE_PYTHON} -B -m pytest -q ${file}
           WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 FIXTURES_REQUIRED test-models ENVIRONMENT
    "HDRTILE_BINARY=$<TARGET_FILE:hdrtile>;HDRTILE_TEST_MODELS=${HDRTILE_TEST_MODELS};HDRTILE_TEST_PACKAGES=${HDRTILE_TEST_PACKAGES};HDRTILE_BUILD=${PROJECT_BINARY_DIR};HDRTILE_CACHE=${PROJECT_BINARY_DIR}/no-packages")
endfunction()

if(EXISTS ${HDRTILE_PYTHON} AND NOT HDRTILE_INFER_ONLY)
  add_test(NAME test-models COMMAND ${HDRTILE_PYTHON} -B ${PROJECT_SOURCE_DIR}/tests/python/make_models.py ${HDRTILE_TEST_MODELS})
  set_tests_properties(test-models PROPERTIES FIXTURES_SETUP test-models TIMEOUT 600)
  # A compiler at work: wanted by the tests of compiled models alone.
  add_test(NAME test-packages COMMAND ${HDRTILE_PYTHON} -B ${PROJECT_SOURCE_DIR}/tests/python/make_packages.py ${HDRTILE_TEST_PACKAGES})
  set_tests_properties(test-packages PROPERTIES FIXTURES_SETUP test-packages TIMEOUT 1200)
endif()
