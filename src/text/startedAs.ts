/** How the user starts the lab's programs: `bin/lab3.js` says so when it is the command `lab3`. */
const isLab3 = (): boolean => process.env['LAB_STARTED_AS'] === 'lab3';

/** How one of the lab's programs is started: `npx ts-node src/EchoServer.ts`, or `lab3 echo-server`. */
export function startOf(program: string, folder = 'src'): string {
  const isOfLab3 = isLab3() && /^src\b/.test(folder);
  return isOfLab3 ? `lab3 ${inKebabCase(program)}` : `npx ts-node ${folder}/${program}.ts`;
}

/** How one of the tools is started, before its arguments: `npm run check --`, or `lab3 check`. */
export function startOfTool(name: string): string {
  return isLab3() ? `lab3 ${name}` : `npm run ${name} --`;
}

/** The name of a tool in its own messages: `npm run check`, or `lab3 check`. */
export function toolName(name: string): string {
  return isLab3() ? `lab3 ${name}` : `npm run ${name}`;
}

/** `LoggingDateServer` is `logging-date-server`. */
export function inKebabCase(name: string): string {
  return name.replace(/\B[A-Z]/g, '-$&').toLowerCase();
}
