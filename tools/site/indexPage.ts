/** The first page of the site. */
import { escapeHtml } from '../lab/escapeHtml';
import type { Lesson } from '../lessons/Lesson';
import { lessonFile } from './lessonPages';

/** The pages of text, in the order of their list. */
const PAGES: readonly (readonly [file: string, title: string, words: string])[] = [
  [
    'slides.html',
    'From the slides to the code',
    'Each statement of the slides, with the matching code.',
  ],
  ['steps.html', 'Four steps', 'From the slide’s server to one for many clients.'],
  [
    'kit.html',
    'Check your program',
    'What the kit tries on your own server or client, and why it fails.',
  ],
  [
    'your-own.html',
    'Your own server',
    'A server, a logger and a clock of your own, in 15 minutes.',
  ],
  ['python.html', 'In Python', 'Your Python programs, drawn and checked, and ten usual mistakes.'],
  ['trace.html', 'See your sockets', 'The slides’ picture, drawn by programs that run.'],
  [
    'other-machines.html',
    'Other machines',
    'Firewalls, WSL, containers, and what each error means there.',
  ],
  ['scaling.html', 'More than one process', 'Workers, several machines, and Redis for the log.'],
  ['performance.html', 'How fast it is', 'What was measured, and what limits it.'],
  ['tutors.html', 'For tutors', 'A lecture of 50 minutes and a lab of two hours, with times.'],
  ['api/index.html', 'API', 'The public classes and functions.'],
  ['readme.html', 'README', 'How to run, test and use it on your own machine.'],
];

export function indexHtml(lessons: readonly Lesson[]): string {
  const cards = lessons.map(
    (lesson) => `<li><a href="${lessonFile(lesson, 0)}">${escapeHtml(lesson.title)}</a>
<small>Slide “${escapeHtml(lesson.slide)}”</small></li>`,
  );
  const pages = PAGES.map(
    ([file, title, words]) => `<li><a href="${file}">${title}</a>: ${words}</li>`,
  );
  return `<h1>Client/Server Communication</h1>
<p>Two programs talk over a network: what do they call, in which order, and what travels? Each lesson
shows one statement or question of the slides with programs that have really run. Go through their calls one
after the other: beside each stands the line of code that made it.</p>
<h2>Lessons</h2>
<ol class="cards">
${cards.join('\n')}
</ol>
<p>On your own machine the same lessons start the programs themselves:</p>
<pre class="listing" tabindex="0"><code>npm ci
npm run live</code></pre>
<h2>To read</h2>
<ul>
${pages.join('\n')}
</ul>`;
}
