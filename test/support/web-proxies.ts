import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partPath } from './parts.ts';
import { accepts, freePort } from './ports.ts';
import { startProcess } from './running-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

export type WebProxy = { origin: string; stop(): Promise<unknown> };

/** The proxy passes everything below `basePath` to one of `ports` on loopback, with or without the base path. */
type Proxying = { ports: number[]; basePath: string; strips: boolean };

export type Nginx = WebProxy & {
  /** Sends no further requests to this port of `ports`, or to all of them again. */
  markDown(port?: number): void;
};

/** A real nginx, configured as docs/operations.md has it. */
export async function startNginx({ ports, basePath, strips }: Proxying): Promise<Nginx> {
  const listening = await freePort();
  const configuration = (down?: number) => {
    const servers = ports.map((port) => `server 127.0.0.1:${port}${port === down ? ' down' : ''};`);
    return `upstream nodes {
    ${servers.join(' ')}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${listening};
    client_max_body_size 512m;
    location ${basePath}/ {
      proxy_pass http://nodes${strips ? '/' : ''};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }`;
  };
  const { configure, ...nginx } = await startNginxWith(listening, configuration());
  return { ...nginx, markDown: (port) => configure(configuration(port)) };
}

/** A real nginx with this content of its block `http`, which makes it listen on a port of loopback. */
export async function startNginxWith(
  listening: number,
  content: string,
): Promise<WebProxy & { configure(content: string): void }> {
  const folder = temporaryDirectory('nginx');
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(folder, name));
  const file = join(folder, 'nginx.conf');
  const write = (http: string) =>
    writeFileSync(
      file,
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
  ${http}
}
`,
    );
  write(content);
  const program = await partPath('nginx');
  const { reload, ...nginx } = await run(program, ['-p', folder, '-c', file], listening, folder);
  return {
    ...nginx,
    configure(http) {
      write(http);
      reload();
    },
  };
}

/** A real Caddy, configured as docs/operations.md has it. */
export async function startCaddy({ ports, basePath, strips }: Proxying): Promise<WebProxy> {
  const listening = await freePort();
  return startCaddyWith(
    listening,
    `http://127.0.0.1:${listening} {
	${strips ? 'handle_path' : 'handle'} ${basePath}/* {
		reverse_proxy ${ports.map((port) => `127.0.0.1:${port}`).join(' ')}
	}
}
`,
  );
}

/** A real Caddy with these sites, of which one makes it listen on a port of loopback. */
export async function startCaddyWith(listening: number, sites: string): Promise<WebProxy> {
  const folder = temporaryDirectory('caddy');
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\n${sites}`);
  const args = ['run', '--config', file, '--adapter', 'caddyfile'];
  return run(await partPath('caddy'), args, listening, folder);
}

/**
 * A real HAProxy, which sends requests only to the servers that are ready.
 *
 * @param checkTimeout The time that a server has to say that it is.
 */
export async function startHaproxy({
  ports,
  checkTimeout = '500ms',
}: {
  ports: number[];
  checkTimeout?: string | undefined;
}): Promise<WebProxy> {
  const listening = await freePort();
  const servers = ports.map((port) => `  server node${port} 127.0.0.1:${port}`);
  return startHaproxyWith(
    listening,
    `defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout check ${checkTimeout}
  retries 3
  option redispatch
  option forwardfor
frontend front
  bind 127.0.0.1:${listening}
  default_backend nodes
backend nodes
  balance roundrobin
  option httpchk GET /readyz
  default-server check inter 500ms fall 2 rise 1
${servers.join('\n')}
`,
  );
}

/** A real HAProxy with this configuration, which makes it listen on a port of loopback. */
export async function startHaproxyWith(listening: number, configuration: string): Promise<WebProxy> {
  const folder = temporaryDirectory('haproxy');
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration);
  return run(await partPath('haproxy'), ['-f', file], listening, folder);
}

async function run(program: string, args: string[], port: number, home: string) {
  const proxy = startProcess(program, args, { env: { ...process.env, HOME: home, XDG_DATA_HOME: home } });
  await waitFor(`${program} on port ${port}`, () => {
    if (!proxy.isRunning()) throw new Error(proxy.output());
    return accepts(port);
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () => proxy.stop(),
    reload: () => proxy.signal('SIGHUP'),
  };
}
