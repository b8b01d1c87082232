/** A test that needs something which only Linux has; elsewhere it is left out, and that is said. */
export function itOnLinux(needs: string, title: string, test: () => Promise<void> | void): void {
  if (process.platform === 'linux') it(title, test);
  else console.log(`left out: "${title}", which needs ${needs}`);
}
