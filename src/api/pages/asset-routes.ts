import type { Elysia } from 'elysia';
import { chooseCoding } from '../shared/answers/negotiation.ts';
import { mountResource, undocumented } from '../shared/endpoints/resource.ts';
import { type Exchange, reply } from '../shared/exchange.ts';
import { type Assets, assetCodings } from './assets.ts';

const types: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  bcmap: 'application/octet-stream',
  pfb: 'application/octet-stream',
  ttf: 'font/ttf',
  txt: 'text/plain; charset=utf-8',
};
/** The extensions of text files, which the build stores compressed. */
const texts = new Set(['js', 'mjs', 'css', 'svg', 'txt']);
const forever = 'public, max-age=31536000, immutable';
const forADay = 'public, max-age=86400';
/** The licenses of the scripts and styles: the only file whose name does not depend on its content. */
const licenses = 'licenses.txt';

/**
 * `/assets/{file}`: the name of a file, or of its folder, changes with the content, so that browsers can cache files
 * forever.
 */
export function mountAssets(app: Elysia, assets: Assets): void {
  mountResource(app, '/assets/:name', {
    GET: {
      handler: (exchange, { name = '' }) =>
        replyAsset(exchange, assets, name, name === licenses ? forADay : forever),
      operation: undocumented,
    },
  });
  mountResource(app, '/assets/:name/:file', {
    GET: {
      handler: (exchange, { name, file }) => replyAsset(exchange, assets, `${name}/${file}`),
      operation: undocumented,
    },
  });
  // Browsers request it for content without an icon, such as the bytes of a payload.
  const icon = (exchange: Exchange) =>
    assets.icon === undefined
      ? reply(exchange, 204, {}, null)
      : replyAsset(exchange, assets, assets.icon, forADay);
  mountResource(app, '/favicon.ico', { GET: { handler: icon, operation: undocumented } });
}

async function replyAsset(
  exchange: Exchange,
  assets: Assets,
  file: string,
  cacheControl = forever,
): Promise<Response> {
  const extension = /^(?:[A-Za-z0-9_-]+\/)?[A-Za-z0-9_-]+\.([a-z]+)$/.exec(file)?.[1] ?? '';
  const type = types[extension];
  if (type === undefined) return exchange.errors.notFound(exchange);
  const accepted = exchange.request.headers.get('accept-encoding');
  const isText = texts.has(extension);
  const coding = isText ? chooseCoding(accepted, assetCodings) : undefined;
  const content = await (isText ? assets.readText(file, coding) : assets.read(file));
  if (content === undefined) return exchange.errors.notFound(exchange);
  const headers = {
    'content-type': type,
    'content-length': String(content.length),
    'cache-control': cacheControl,
    vary: 'Accept-Encoding',
    ...(coding && { 'content-encoding': coding }),
  };
  return reply(exchange, 200, headers, content);
}
