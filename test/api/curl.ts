import { partPath } from '../support/parts.ts';

export type CurlAnswer = { status: number; headers: Record<string, string>; body: string };

/** Runs the real curl, without a user's own configuration. `input` goes to its standard input. */
export async function curl(args: string[], input?: string | Uint8Array<ArrayBuffer>): Promise<CurlAnswer> {
  const options = [
    '--disable',
    '--silent',
    '--show-error',
    '--include',
    '--max-time',
    '20',
    '--noproxy',
    '*',
  ];
  const child = Bun.spawn([await partPath('curl'), ...options, ...args], {
    stdin: input === undefined ? 'ignore' : new Blob([input]),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [output, complaint, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`curl ended with ${code}: ${complaint}`);
  return parse(output);
}

function parse(output: string): CurlAnswer {
  const end = output.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = output.slice(0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  if (status < 200) return parse(output.slice(end + 4));
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status, headers, body: output.slice(end + 4) };
}
