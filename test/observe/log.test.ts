import { expect, setDefaultTimeout, test } from 'bun:test';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { waitFor } from '../support/wait-for.ts';

setDefaultTimeout(60_000);

/** Lines that are logged without a pause, in which none can be written. */
const logged = 100_000;
/** 256 that are being written, and the 65,536 that may wait. */
const kept = 256 + 65_536;

const script = `
  import { createLog } from './src/observe/log.ts';
  const { log } = createLog('info');
  for (let n = 0; n < ${logged}; n += 1) log.info({ n }, 'x');
  setTimeout(() => log.info('later'), 1000);
  setInterval(() => undefined, 1000);`;

test('log lines that do not fit into the buffer are counted, and a line reports their number', async () => {
  const running = startProcess(process.execPath, ['--no-env-file', '-e', script], { cwd: checkout });
  await waitFor('the last line', () => running.output().includes('"later"'), { timeoutMs: 40_000 });
  await running.stop();
  const lines = running
    .output()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toHaveLength(kept + 2);
  expect(lines.slice(0, kept).every(({ n }, at) => n === at)).toBe(true);
  expect(lines[kept]).toEqual({
    level: 40,
    time: expect.any(Number),
    event: 'log_lines_dropped',
    lines: logged - kept,
    msg: expect.stringContaining('log lines were dropped'),
  });
  expect(lines[kept + 1]).toMatchObject({ msg: 'later' });
});
