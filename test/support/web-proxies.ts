import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { partPath } from './parts.ts';
import { freePort } from './ports.ts';
import { startProcess } from './running-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

export type WebProxy = { origin: string; stop(): Promise<unknown> };

/** The proxy passes everything below `basePath` to `port`, with or without the base path. */
type Proxying = { port: number; basePath: string; strips: boolean };

/** A real nginx, configured as docs/operations.md has it. */
export async function startNginx({ port, basePath, strips }: Proxying): Promise<WebProxy> {
  const folder = temporaryDirectory('nginx');
  const listening = await freePort();
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(folder, name));
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off;
pid ${folder}/pid;
error_log stderr;
worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${listening};
    client_max_body_size 512m;
    location ${basePath}/ {
      proxy_pass http://127.0.0.1:${port}${strips ? '/' : ''};
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`,
  );
  return run(await partPath('nginx'), ['-p', folder, '-c', join(folder, 'nginx.conf')], listening, folder);
}

/** A real Caddy, configured as docs/operations.md has it. */
export async function startCaddy({ port, basePath, strips }: Proxying): Promise<WebProxy> {
  const folder = temporaryDirectory('caddy');
  const listening = await freePort();
  writeFileSync(
    join(folder, 'Caddyfile'),
    `{
	admin off
	auto_https off
}
http://127.0.0.1:${listening} {
	${strips ? 'handle_path' : 'handle'} ${basePath}/* {
		reverse_proxy 127.0.0.1:${port}
	}
}
`,
  );
  const args = ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'];
  return run(await partPath('caddy'), args, listening, folder);
}

async function run(program: string, args: string[], port: number, home: string): Promise<WebProxy> {
  const proxy = startProcess(program, args, { env: { ...process.env, HOME: home, XDG_DATA_HOME: home } });
  await waitFor(`${program} on port ${port}`, () => {
    if (!proxy.isRunning()) throw new Error(proxy.output());
    return accepts(port);
  });
  return { origin: `http://127.0.0.1:${port}`, stop: () => proxy.stop() };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
