import type { ComponentChildren } from 'preact';

/**
 * Characters that change the direction of the text around them and are not seen (Unicode UAX #9, 2). They can have code
 * read in another order than it runs (CVE-2021-42574).
 */
const controls = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
const anyControl = new RegExp(`[${controls}]`);
const controlRuns = new RegExp(`([${controls}]+)`);
/** How many controls of a run are named. */
const mostNamed = 3;

/** How many runs of them a text has, counted up to a number. */
export function countDirectionControls(text: string, most: number): number {
  const runs = new RegExp(controlRuns, 'g');
  let count = 0;
  while (count < most && runs.test(text)) count += 1;
  return count;
}

/** A text in which each run of such characters has no effect and a visible mark. Copied, it is the same text. */
export function withMarks(text: string): ComponentChildren {
  if (!anyControl.test(text)) return text;
  return text.split(controlRuns).map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      <span key={at} class="direction-mark" data-mark={nameOf(part)}>
        {part}
      </span>
    ),
  );
}

function nameOf(run: string): string {
  const names = [...run.slice(0, mostNamed)].map(
    (control) => `U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return run.length > mostNamed ? `${names.join(' ')} …` : names.join(' ');
}
