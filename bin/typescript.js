/** Loaded before a program in TypeScript, from any folder: ts-node looks for tsconfig.json in the project's. */
require('ts-node').register({ cwd: require('./ready').ROOT });
