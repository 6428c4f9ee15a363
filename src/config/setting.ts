import { readFileSync } from 'node:fs';
import { CronTime } from 'cron';
import { parseAddressRanges } from '../core/client-address.ts';
import { errorCode } from '../core/failure.ts';
import { parseDuration, parseSize } from '../core/quantity.ts';
import { type DatabaseUrl, parseDatabaseUrl } from './database-url.ts';

/** A setting: its environment variable, default, description and parser. */
export type Setting<T> = {
  name: string;
  /** The default as an operator would write it; undefined if there is none. */
  fallback: string | undefined;
  description: string;
  read: (text: string) => T;
  /** Whether it holds a secret. Then the variable `NAME_FILE` may name a file with the value. */
  isSecret?: boolean;
};

/** A setting is invalid. The operator sees only the message, which is one line. */
export class SettingError extends Error {}

/** The file with the value of a setting cannot be read, for example because its disk is not mounted yet. */
export class UnreadableSetting extends SettingError {}

type Define<T> = (name: string, fallback: string, description: string) => Setting<T>;

function kind<T>(
  expected: string,
  parse: (text: string) => T | undefined,
  show: (text: string) => string = (text) => `, but is ${JSON.stringify(text)}`,
): Define<T> {
  return (name, fallback, description) => ({
    name,
    fallback,
    description,
    read: (text) => {
      const value = parse(text);
      if (value === undefined) throw new SettingError(`${name} must be ${expected}${show(text)}`);
      return value;
    },
  });
}

export const text = kind('text', (value) => value);
/** Text of a minimum length, for secrets: errors do not show the value. */
export function longText(minLength: number): Define<string> {
  const parse = (value: string) => (value.length >= minLength ? value : undefined);
  return kind(`at least ${minLength} characters`, parse, () => '');
}
export const trueOrFalse = kind('true or false', (value) =>
  value === 'true' ? true : value === 'false' ? false : undefined,
);
export const size = kind('a size such as 64KiB', parseSize);
/** Milliseconds. */
export const duration = kind('a duration such as 90s or 7d', (value) => parseDuration(value) || undefined);
export const wholeNumber = kind('a whole number', (value) =>
  /^\d{1,10}$/.test(value) ? Number(value) : undefined,
);
export function wholeNumberUpTo(max: number): Define<number> {
  const parse = (value: string) =>
    /^\d{1,10}$/.test(value) && Number(value) <= max ? Number(value) : undefined;
  return kind(`a whole number, ${max} at most`, parse);
}
export const positiveNumber = kind('a whole number above 0', (value) =>
  /^[1-9]\d{0,3}$/.test(value) ? Number(value) : undefined,
);
export const port = kind('a port from 0 to 65535', (value) =>
  /^\d{1,5}$/.test(value) && Number(value) <= 65535 ? Number(value) : undefined,
);
export const fraction = kind('a number from 0 to 1', (value) =>
  /^(?:0?\.\d{1,9}|[01](?:\.0{1,9})?)$/.test(value) ? Number(value) : undefined,
);
export const addressRanges = kind('a list of addresses or CIDR ranges', (value) => {
  try {
    return parseAddressRanges(value);
  } catch {
    return undefined;
  }
});

/** One of several words. */
export function choice<const T extends string>(words: readonly T[]): Define<T> {
  return kind(`one of ${words.join(', ')}`, (value) => words.find((word) => word === value));
}

/** A URL with one of these protocols, without a trailing slash. */
export function url(...protocols: string[]): Define<string> {
  const parse = (value: string) =>
    URL.canParse(value) && protocols.includes(new URL(value).protocol)
      ? value.replace(/\/+$/, '')
      : undefined;
  // Errors do not show the value, since a URL may contain a password.
  return kind(`a URL (${protocols.join(' or ')})`, parse, () => '');
}

/** Percent-encoded keys and values. Errors do not show them, since they may contain a secret. */
export const keyValueList = kind(
  'KEY=VALUE, or several of them separated by commas, with %2C for a comma in a value',
  (list): Record<string, string> | undefined => {
    try {
      const entries = list.split(',').map((entry) => /^\s*([^=\s]+)\s*=(.*)$/.exec(entry) ?? []);
      if (entries.some(({ length }) => length === 0)) return undefined;
      return Object.fromEntries(
        entries.map(([, key = '', value = '']) => [
          decodeURIComponent(key),
          decodeURIComponent(value.trim()),
        ]),
      );
    } catch {
      // Not percent-encoded text.
      return undefined;
    }
  },
  () => '',
);

/** The URL of a single Redis: not Sentinel, not a cluster, not a socket, not several hosts. */
export const redisUrl = kind(
  'redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS, of a single Redis (Sentinel and clusters are not supported)',
  (value) => {
    if (!URL.canParse(value)) return undefined;
    const { protocol, hostname, pathname } = new URL(value);
    const isSingle = /^rediss?:$/.test(protocol) && /^[^,]+$/.test(hostname) && /^(\/\d*)?$/.test(pathname);
    return isSingle ? value : undefined;
  },
  // Errors do not show the value, since it may contain a password.
  () => '',
);

/** The URL of a database. Errors do not show the value, since it may contain a password. */
export function databaseUrl(name: string, fallback: string, description: string): Setting<DatabaseUrl> {
  return {
    name,
    fallback,
    description,
    read: (text) => {
      const parsed = parseDatabaseUrl(text) ?? 'must be sqlite:PATH or postgres://…';
      if (typeof parsed === 'string') throw new SettingError(`${name} ${parsed}`);
      return parsed;
    },
  };
}

export const cronPattern = kind('a cron pattern such as */30 * * * * *', (value) => {
  try {
    new CronTime(value);
    return value;
  } catch {
    return undefined;
  }
});

/** A value, or the word `none`. */
export function orNone<T>(define: Define<T>): Define<T | 'none'> {
  return (name, fallback, description) => {
    const { read, ...setting } = define(name, fallback, description);
    return { ...setting, read: (text) => (text === 'none' ? text : read(text)) };
  };
}

/** A setting that may stay unset. */
export function optional<T>(define: Define<T>, name: string, description: string): Setting<T | undefined> {
  return { ...define(name, '', description), fallback: undefined };
}

/** A setting that may stay unset and holds a secret. */
export function optionalSecret<T>(
  define: Define<T>,
  name: string,
  description: string,
): Setting<T | undefined> {
  return { ...optional(define, name, description), isSecret: true };
}

export type Environment = Record<string, string | undefined>;

/** Reads a setting. An empty value counts as unset. @throws SettingError */
export function readSetting<T>(setting: Setting<T>, environment: Environment): T {
  const given = givenText(setting, environment) || setting.fallback;
  return given === undefined ? (undefined as T) : setting.read(given);
}

/** The text of a setting: of its variable or, for a secret, of the file that `NAME_FILE` names. */
function givenText({ name, isSecret }: Setting<unknown>, environment: Environment): string | undefined {
  const text = environment[name]?.trim();
  const file = isSecret ? environment[`${name}_FILE`]?.trim() : undefined;
  if (!file) return text;
  if (text) throw new SettingError(`${name} and ${name}_FILE must not both be set`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const reason = errorCode(error) ?? 'for an unknown reason';
    throw new UnreadableSetting(
      `${name}_FILE names ${JSON.stringify(file)}, which cannot be read (${reason})`,
    );
  }
}
