/** The message for a command that is not there. On Windows, Python's installer adds no `python3`. */
export function noSuchCommand(command: string, platform = process.platform): string {
  const isPython3 = platform === 'win32' && command === 'python3';
  return `there is no command "${command}"${isPython3 ? '; on Windows it is python, or py' : ''}`;
}
