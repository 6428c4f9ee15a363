import type { Command } from 'commander';
import type { DoctorOptions } from './doctor.ts';
import { addEnvFileOption } from './shared/env-file.ts';
import { type Outcome, withExamples } from './shared/outcome.ts';

/** `mayfly doctor`, which both users and operators call. */
export function addDoctorCommand(
  program: Command,
  environment: Record<string, string | undefined>,
  outcome: Outcome,
): void {
  const doctor = program
    .command('doctor [url]')
    .description('check a server: address, TLS, proxy, clock, stores')
    .option('--server', "also check the stores, on the server's machine, with its settings")
    .option('--json', 'print one line of JSON per check: check, state, message')
    .action(async (url: string | undefined, options: DoctorOptions) => {
      const [{ interruptible }, { doctor: run }] = await Promise.all([
        import('./use/interruptible.ts'),
        import('./doctor.ts'),
      ]);
      outcome.code = await interruptible((signal) => run(environment, url, options, signal));
    });
  addEnvFileOption([doctor], environment, 'the same, with the settings of an environment file');
  withExamples(doctor, [
    ['mayfly doctor', 'the server of mayfly login, or of MAYFLY_URL'],
    ['mayfly doctor https://mayfly.example.com', 'any server, from outside'],
    ['mayfly doctor --env-file /etc/mayfly/mayfly.env', 'on its machine: stores, secret, proxy'],
  ]);
}
