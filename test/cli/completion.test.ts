import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { suiteWith } from '../support/suite-with.ts';
import { newUser, openTerminal, type User } from './user.ts';

setDefaultTimeout(60_000);

/** The completions of each input, in every shell. */
const expectations: [typed: string[], offered: string[], notOffered: string[]][] = [
  [[''], ['put', 'get', 'rm', 'ls', 'cp', 'watch', 'serve', 'keys'], ['create']],
  [['p'], ['put', 'plans'], ['get']],
  [['keys', ''], ['create', 'list', 'revoke'], ['put']],
  [['put', '--'], ['--ttl', '--reads', '--encrypt', '--json'], ['--kind']],
  [['keys', 'create', '--'], ['--kind', '--account'], ['--ttl']],
  [
    ['keys', 'create', '--kind', ''],
    ['storage', 'uploadkit'],
    ['--account', 'notes.txt'],
  ],
  [['completion', ''], ['bash', 'zsh', 'fish'], ['notes.txt']],
];

let user: User;
beforeAll(async () => {
  user = await newUser('');
  writeFileSync(user.path('notes.txt'), '');
  const write = async (shell: string) =>
    writeFileSync(user.path(`completion.${shell}`), await user.output(['completion', shell]));
  await Promise.all(['bash', 'zsh', 'fish'].map(write));
});

async function run(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { cwd: user.folder, stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  return new Response(child.stdout).text();
}

describe('in bash', () => {
  const complete = `source completion.bash
    COMP_WORDS=(mayfly "$@") COMP_CWORD=$# COMPREPLY=()
    $(complete -p mayfly | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
    printf '%s\\n' "\${COMPREPLY[@]}"`;

  test('commands, options and their choices are offered', async () => {
    for (const [typed, offered, notOffered] of expectations) {
      const lines = (await run(['bash', '--norc', '-c', complete, 'bash', ...typed])).split('\n');
      expect([typed, lines]).toEqual([typed, expect.arrayContaining(offered)]);
      for (const word of notOffered)
        expect([typed, lines]).not.toEqual([typed, expect.arrayContaining([word])]);
    }
  });

  test('file names are completed by a real shell, also after options', async () => {
    const shell = openTerminal(['bash', '--norc', '-i'], user.folder, {
      PATH: process.env.PATH ?? '',
      HOME: user.folder,
      PS1: '> ',
    });
    shell.type('source completion.bash\n');
    shell.type('mayfly put --encrypt no\t');
    await shell.waitFor('--encrypt notes.txt');
    shell.type('\u0015mayfly comp\t');
    await shell.waitFor('mayfly completion');
    shell.type('\u0015exit\n');
    expect(await shell.exited).toBeNumber();
  });
});

await suiteWith(['fish'], 'in fish', ({ fish }) => {
  test('commands, options and their choices are offered, and files if they make sense', async () => {
    for (const [typed, offered, notOffered] of [
      ...expectations,
      [['put', 'not'], ['notes.txt'], ['create']],
    ] as typeof expectations) {
      const script = `source completion.fish; complete -C 'mayfly ${typed.join(' ')}'`;
      const lines = (await run([fish, '--no-config', '-c', script]))
        .split('\n')
        .map((line) => line.split('\t')[0]);
      expect([typed, lines]).toEqual([typed, expect.arrayContaining(offered)]);
      for (const word of notOffered)
        expect([typed, lines]).not.toEqual([typed, expect.arrayContaining([word])]);
    }
  });
});

await suiteWith(['zsh'], 'in zsh', ({ zsh }) => {
  test('a real shell completes commands, options, choices and files', async () => {
    const shell = openTerminal([zsh, '-f', '-i'], user.folder, {
      PATH: process.env.PATH ?? '',
      HOME: user.folder,
      TERM: 'dumb',
      PS1: '> ',
    });
    shell.type('autoload -U compinit; compinit -D -u; source completion.zsh; echo rea""dy\n');
    await shell.waitFor('ready');
    for (const [typed, completed] of [
      ['mayfly compl\t', 'mayfly completion'],
      ['mayfly completion b\t', 'mayfly completion bash'],
      ['mayfly keys create --k\t', 'create --kind'],
      ['mayfly keys create --kind st\t', '--kind storage'],
      ['mayfly put --enc\t', 'put --encrypt'],
      ['mayfly put note\t', 'put notes.txt'],
    ] as const) {
      shell.type(typed);
      await shell.waitFor(completed);
      shell.type('\u0015');
    }
    shell.type('exit\n');
    await shell.exited;
  });
});
