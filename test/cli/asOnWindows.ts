/** Loaded before a program: it takes this system for Windows. */
Object.defineProperty(process, 'platform', { value: 'win32' });
