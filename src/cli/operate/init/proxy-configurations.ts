import { settings } from '../../../config/index.ts';

/** A proxy on the machine of a server that listens on loopback. */
export type Proxied = {
  publicUrl: URL;
  /** The port of the server. */
  port: number;
  /** Files with the certificate and its key; for HAProxy one file with both. Used if `publicUrl` is https. */
  certificate: string;
  certificateKey: string;
};

/** How long a transfer may pause (s). */
const pause = 300;

/**
 * nginx, to include in its block `http`. Bodies and responses are passed on as they arrive, and the server refuses what
 * exceeds its own limits.
 */
export function nginxConfiguration({ publicUrl, port, certificate, certificateKey }: Proxied): string {
  const isTls = publicUrl.protocol === 'https:';
  const listening = publicUrl.port || (isTls ? '443' : '80');
  const base = publicUrl.pathname.replace(/\/$/, '');
  const largest = settings.maxObjectSize.fallback?.replace(/iB$/, '').toLowerCase();
  const listen = (at: string, more = '') => `    listen ${at}${more};\n    listen [::]:${at}${more};\n`;
  const name = `    server_name ${publicUrl.hostname};\n`;
  const redirect =
    isTls && listening === '443'
      ? `server {\n${listen('80')}${name}    return 301 https://$host$request_uri;\n}\n\n`
      : '';
  const tls = isTls
    ? `    ssl_certificate ${certificate};\n    ssl_certificate_key ${certificateKey};\n`
    : '';
  const withoutSlash = base === '' ? '' : `    location = ${base} {\n        return 301 ${base}/;\n    }\n`;
  return `limit_conn_zone $binary_remote_addr zone=mayfly:10m;

${redirect}server {
${listen(listening, isTls ? ' ssl' : '')}${name}${tls}
    # The largest object (MAX_OBJECT_SIZE). Mayfly has the smaller limits.
    client_max_body_size ${largest};
    # Concurrent requests of one address.
    limit_conn mayfly 64;
    location ~ ^${base.replaceAll('.', '\\.')}/metrics/?$ {
        return 403;
    }
${withoutSlash}    location ${base}/ {
        proxy_pass http://127.0.0.1:${port};
        proxy_http_version 1.1;
        # Pass bodies on as they arrive, and not by way of the disk.
        proxy_request_buffering off;
        proxy_buffering off;
        proxy_read_timeout ${pause}s;
        proxy_send_timeout ${pause}s;
        proxy_set_header Host $http_host;
        # TRUSTED_PROXIES makes Mayfly read it.
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
}
`;
}

/** Caddy, which passes bodies on as they arrive, sets X-Forwarded-For, and gets its certificate itself. */
export function caddyConfiguration({ publicUrl, port }: Proxied): string {
  const { protocol, host } = publicUrl;
  const base = publicUrl.pathname.replace(/\/$/, '');
  const block = (indent: string) =>
    `${indent}respond @metrics 403\n${indent}reverse_proxy 127.0.0.1:${port}\n`;
  const proxying =
    base === '' ? block('\t') : `\tredir ${base} ${base}/\n\thandle ${base}/* {\n${block('\t\t')}\t}\n`;
  return `${protocol === 'https:' ? host : `http://${host}`} {
	@metrics path ${base}/metrics ${base}/metrics/
${proxying}}
`;
}

/** HAProxy: a frontend and a backend. It has no limit for bodies, and passes them on as they arrive. */
export function haproxyConfiguration({ publicUrl, port, certificate }: Proxied): string {
  const isTls = publicUrl.protocol === 'https:';
  const listening = publicUrl.port || (isTls ? '443' : '80');
  const base = publicUrl.pathname.replace(/\/$/, '');
  const redirects = isTls && listening === '443';
  const lines = [
    'frontend mayfly',
    '    mode http',
    `    bind :::${listening} v4v6${isTls ? ` ssl crt ${certificate} alpn h2,http/1.1` : ''}`,
    ...(redirects ? ['    bind :::80 v4v6', '    http-request redirect scheme https unless { ssl_fc }'] : []),
    `    timeout client ${pause}s`,
    '    timeout http-request 30s',
    '    # TRUSTED_PROXIES makes Mayfly read X-Forwarded-For.',
    '    option forwardfor',
    `    http-request deny if { path ${base}/metrics ${base}/metrics/ }`,
    ...(base === ''
      ? []
      : [`    http-request deny status 404 unless { path_beg ${base}/ } || { path ${base} }`]),
    '    default_backend mayfly',
    '',
    'backend mayfly',
    '    mode http',
    '    timeout connect 5s',
    `    timeout server ${pause}s`,
    `    server mayfly 127.0.0.1:${port}`,
  ];
  return `${lines.join('\n')}\n`;
}
