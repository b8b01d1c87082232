/** What our programs advise, they advise for a terminal: `Try: ...`, over one line or several. */
const ADVICE = /^(?:Try|Or): .*\n(?: {2,}.*\n)*/gm;
/** What can be done on the page, by what a program says. */
const ON_THE_PAGE: readonly (readonly [said: RegExp, advice: string])[] = [
  [
    /no server is listening|no program uses UDP port/,
    'Press "Start server", then run the client again.',
  ],
  [
    /already in use/,
    'Only one server can have a port. The second one ends, and the first goes on.',
  ],
  [/no answer/, 'Press "Start server", or make the network lose less.'],
];

/** What a program has said, with the page's advice in the place of the terminal's. */
export function forThePage(said: string): string {
  const words = said.replace(ADVICE, '');
  const advice = ON_THE_PAGE.find(([pattern]) => pattern.test(words))?.[1];
  return advice === undefined ? words : `${words}${advice}\n`;
}
