import { existsSync, readFileSync } from 'node:fs';
import { KitError } from './KitError';
import { isGood } from './report';
import type { Verdict } from './stage';

const MOST = 1000;

/** What each stage is worth: its number and its points. One that is not named is worth 1. */
export type Points = ReadonlyMap<number, number>;

/** What was reached, of what could be. */
export interface Score {
  readonly points: number;
  readonly of: number;
}

/** The points for a stage: all of them, or none. */
export function scoreOf(verdict: Verdict, points: Points): Score {
  const of = points.get(verdict.number) ?? 1;
  return { points: isGood(verdict) ? of : 0, of };
}

export function sumOf(verdicts: readonly Verdict[], points: Points): Score {
  const scores = verdicts.map((verdict) => scoreOf(verdict, points));
  const sum = (of: (score: Score) => number) =>
    Math.round(scores.reduce((total, score) => total + of(score), 0) * 100) / 100;
  return { points: sum((score) => score.points), of: sum((score) => score.of) };
}

/**
 * Reads `1=2,7=5`, or a file in which each line has one of these.
 * @throws KitError when it says anything else.
 */
export function readPoints(text: string): Points {
  const isFile = !text.includes('=') && existsSync(text);
  const parts = (isFile ? readFileSync(text, 'utf8') : text)
    .split(/[,\n]/)
    .map((part) => part.replace(/#.*/, '').trim())
    .filter((part) => part !== '');
  return new Map(
    parts.map((part) => {
      const [, stage, points] = /^(\d+)\s*=\s*(\d+(?:\.\d+)?)$/.exec(part) ?? [];
      if (stage === undefined || Number(stage) < 1 || Number(points) > MOST)
        throw new KitError(
          `write points as 1=2,7=5 (stage and points); "${part}" is something else`,
        );
      return [Number(stage), Number(points)];
    }),
  );
}
