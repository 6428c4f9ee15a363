import { parseArgs } from 'node:util';
import { parseDuration, parseSize } from '../core/quantity.ts';

/** A call that cannot be understood. The message is the one line that the operator sees. */
export class UsageError extends Error {}

/** What a command was called with: words, and options by name. */
export type Arguments<Name extends string> = {
  words: string[];
  options: Partial<Record<Name, string>>;
};

/**
 * Reads the arguments of a command.
 *
 * @param names Options that it knows, each with a value.
 * @param wordCount How many words it takes.
 * @throws UsageError
 */
export function readArguments<const Name extends string>(
  given: string[],
  names: readonly Name[],
  wordCount: number,
): Arguments<Name> {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    const { values, positionals } = parseArgs({ args: given, options, allowPositionals: true });
    if (positionals.length !== wordCount) throw new UsageError('too few words, or too many');
    return { words: positionals, options: values as Partial<Record<Name, string>> };
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

/** @throws UsageError where the option is missing */
export function requireOption<Name extends string>({ options }: Arguments<Name>, name: Name): string {
  const value = options[name];
  if (value === undefined || value === '') throw new UsageError(`--${name} is needed`);
  return value;
}

/** A size such as `4MB` in bytes. @throws UsageError */
export function readSize(name: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new UsageError(`--${name} must be a size such as 4MB or 10MiB`);
  return bytes;
}

/** A limit, or null for `none`; undefined where it was not given. @throws UsageError */
export function readLimit(
  name: string,
  text: string | undefined,
  read: (name: string, text: string) => number,
): number | null | undefined {
  if (text === undefined) return undefined;
  return text === 'none' ? null : read(name, text);
}

/** A duration such as `30d` in milliseconds. @throws UsageError */
export function readDuration(name: string, text: string): number {
  const milliseconds = parseDuration(text);
  if (!milliseconds) throw new UsageError(`--${name} must be a duration such as 12h or 30d`);
  return milliseconds;
}

/** @throws UsageError */
export function readCount(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${name} must be a whole number`);
  return Number(text);
}
