#!/usr/bin/env node
/** The command `lab3`: the programs and tools of the lab, from any folder. What it can do is in tools/lab3.ts. */
const path = require('node:path');
const { isClone, ROOT, sayUnlessReady } = require('./ready');

sayUnlessReady(['lab3', ...process.argv.slice(2)].join(' '));
delete process.env.INIT_CWD; // of npm, if a script of npm's has started this: the folder is the one that it is started in
process.env.LAB_STARTED_AS = 'lab3';
if (isClone) require('./typescript');
else process.setSourceMapsEnabled(true);
require(path.join(ROOT, isClone ? '' : 'build', 'tools/lab3')).run();
