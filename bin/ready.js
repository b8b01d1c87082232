/**
 * Whether this project can run here; if not, says what is missing and ends with 1. Plain JavaScript that
 * an old Node understands, since nothing else may be there yet.
 */
const { existsSync, readFileSync } = require('fs');
const path = require('path');

const ROOT = path.join(__dirname, '..');
/** A clone runs its sources, which a student changes; the package has them compiled, and no compiler. */
const isClone = existsSync(path.join(ROOT, 'tsconfig.json'));

/** @param typed the command, to be typed again once it can run. */
function sayUnlessReady(typed) {
  const why = whyNotReady(typed);
  if (why === undefined) return;
  console.error(why);
  process.exit(1);
}

function whyNotReady(typed) {
  const { engines } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const least = engines.node.replace('>=', '');
  if (isOlder(process.versions.node, least))
    return `The lab needs Node ${least} or later, and this is ${process.versions.node}: https://nodejs.org\nTry: npx -y -p node@22 -- ${typed}`;
  if (!isClone) return undefined;
  const name = process.platform === 'win32' ? 'ts-node.cmd' : 'ts-node';
  if (existsSync(path.join(ROOT, 'node_modules/.bin', name))) return undefined;
  return existsSync(path.join(ROOT, 'node_modules'))
    ? `node_modules is not complete, or another system made it.\nTry: npm ci\n     in ${ROOT}`
    : `The lab's packages are not installed yet.\nTry: npm ci\n     in ${ROOT}`;
}

function isOlder(version, least) {
  const [major, minor] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = least.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

module.exports = { isClone, ROOT, sayUnlessReady };
if (require.main === module) sayUnlessReady(`npm ${process.env.npm_lifecycle_event}`);
