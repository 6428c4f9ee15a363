import type { ComponentChildren } from 'preact';

/**
 * Invisible characters that change the text direction (Unicode UAX #9, 2). They can make code look different from what
 * it does (CVE-2021-42574).
 */
const controls = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
const anyControl = new RegExp(`[${controls}]`);
const controlRuns = new RegExp(`([${controls}]+)`);
/** The maximum of controls of a run that are named. */
const maxNamed = 3;

/** The number of runs of direction controls in a text, but `max` at most. */
export function countDirectionControls(text: string, max: number): number {
  const runs = new RegExp(controlRuns, 'g');
  let count = 0;
  while (count < max && runs.test(text)) count += 1;
  return count;
}

/** Shows each run of direction controls as a mark without effect. Copied text is unchanged. */
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
  const names = [...run.slice(0, maxNamed)].map(
    (control) => `U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return run.length > maxNamed ? `${names.join(' ')} …` : names.join(' ');
}
