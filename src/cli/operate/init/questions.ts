import { SettingError } from '../../../config/index.ts';
import { requirePublicUrl } from '../../../config/public-url.ts';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { loadPrompts } from '../../shared/prompts.ts';
import type { Answers } from './answers.ts';

/** The options that answer the questions. */
export type GivenAnswers = Partial<Answers>;

const options: Record<keyof Answers, string> = {
  publicUrl: '--public-url',
  data: '--data',
  proxy: '--proxy',
  create: '--create',
};

/**
 * The answers of options; at a terminal, the missing ones are asked for.
 *
 * @throws CommandFailure that names the missing options
 */
export async function answersOf(given: GivenAnswers): Promise<Answers> {
  const missing = (Object.keys(options) as (keyof Answers)[]).filter((name) => given[name] === undefined);
  if (missing.length === 0) return given as Answers;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new CommandFailure(
      `without a terminal, init also needs ${missing.map((name) => options[name]).join(', ')}`,
      exitCodes.wrongCall,
    );
  const { isCancel, select, text } = await loadPrompts();
  const output = process.stderr;
  const answered = <Value>(answer: Value | symbol): Value => {
    if (isCancel(answer)) throw new CommandFailure('interrupted', exitCodes.interrupted);
    return answer as Value;
  };
  const publicUrl =
    given.publicUrl ??
    answered<string>(
      await text({
        message: 'Which address do users see?',
        placeholder: 'https://mayfly.example.com',
        validate: (typed) => addressProblem(typed ?? ''),
        output,
      }),
    );
  const data =
    given.data ??
    answered<Answers['data']>(
      await select({
        message: 'Where does the data live?',
        options: [
          { value: 'disk', label: 'On this machine', hint: 'an SQLite file and a folder of files' },
          { value: 'postgresql', label: 'In PostgreSQL, Redis and S3', hint: 'for one server or several' },
        ],
        output,
      }),
    );
  const proxy =
    given.proxy ??
    answered<Answers['proxy']>(
      await select({
        message: 'Which proxy on this machine serves the address?',
        options: [
          { value: 'caddy', label: 'Caddy', hint: 'gets its certificate itself' },
          { value: 'nginx', label: 'nginx' },
          { value: 'haproxy', label: 'HAProxy' },
          { value: 'none', label: 'None', hint: 'clients reach Mayfly itself' },
        ],
        output,
      }),
    );
  const create =
    given.create ??
    answered<Answers['create']>(
      await select({
        message: 'Who may create content?',
        options: [
          { value: 'everyone', label: 'Everyone who reaches the server' },
          { value: 'keys', label: 'Only those with an API key', hint: 'mayfly keys create' },
        ],
        output,
      }),
    );
  return { publicUrl, data, proxy, create };
}

/** Why a text cannot be the public address; undefined if it can. */
export function addressProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    return 'It must be a URL, such as https://mayfly.example.com';
  try {
    requirePublicUrl(text);
    return undefined;
  } catch (error) {
    if (error instanceof SettingError) return error.message;
    throw error;
  }
}
