/** Writes the coverage of each test file when it is over: mocha may kill its workers before they write it. */
const { takeCoverage } = require('node:v8');

exports.mochaHooks = { afterAll: () => takeCoverage() };
