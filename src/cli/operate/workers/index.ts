import { type Config, SettingError } from '../../../config/index.ts';
import { reasonAgainstWorkers } from '../../../runtime/index.ts';
import { ParentLink } from './parent-link.ts';

/** Serves by this process, or by as many workers as `WORKERS` says. Resolves with the exit code. */
export async function startServer(config: Config): Promise<number> {
  const parent = ParentLink.find();
  if (config.workers === 1 || parent) return (await import('../serve.ts')).serve(config, parent);
  const reason = reasonAgainstWorkers();
  if (reason) throw new SettingError(`WORKERS must be 1: ${reason}`);
  return (await import('./supervisor.ts')).superviseWorkers(config);
}
