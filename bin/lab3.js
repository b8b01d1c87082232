#!/usr/bin/env node
/** The command `lab3`: the programs and tools of the lab, from any folder. What it can do is in tools/lab3.ts. */
const path = require('node:path');
const { isClone, ROOT, sayUnlessReady } = require('./ready');

sayUnlessReady(['lab3', ...process.argv.slice(2)].join(' '));
// Set by npm, if one of its scripts has started this command; but files are relative to the present folder.
delete process.env.INIT_CWD;
process.env.LAB_STARTED_AS = 'lab3';
if (isClone) require('./typescript');
else process.setSourceMapsEnabled(true);
require(path.join(ROOT, isClone ? '' : 'build', 'tools/lab3')).run();
