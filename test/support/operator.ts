import { endWithRun } from './end-with-run.ts';
import { type CommandAnswer, environmentOf, expectDone } from './mayfly-command.ts';
import { checkout } from './parts.ts';

export type OperatorCall = { args: string[]; env: Record<string, string> };

let running: ReturnType<typeof start> | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Like `mayflyOutput`, in a process that runs all commands of a test file, one after the other: a start of the program
 * takes much longer than most commands.
 */
export async function operatorOutput(
  dataDir: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const call = { args, env: environmentOf(dataDir, env) };
  const answer = last.then(() => {
    running ??= start();
    return running.run(call);
  });
  last = answer.catch(() => undefined);
  return expectDone(args, await answer);
}

function start() {
  let waiting: PromiseWithResolvers<CommandAnswer> | undefined;
  const child = Bun.spawn([process.execPath, '--no-env-file', 'test/support/operator-process.ts'], {
    cwd: checkout,
    env: environmentOf('/nothing', {}),
    stdio: ['ignore', 'ignore', 'inherit'],
    ipc: (answer: CommandAnswer) => waiting?.resolve(answer),
    onExit() {
      forget();
      running = undefined;
      waiting?.reject(new Error('the process that runs the commands of operators ended'));
    },
  });
  const forget = endWithRun(() => child.kill('SIGKILL'));
  return {
    run(call: OperatorCall): Promise<CommandAnswer> {
      waiting = Promise.withResolvers<CommandAnswer>();
      child.send(call);
      return waiting.promise;
    },
  };
}
