import { renderPage } from '../../web/render.tsx';
import { isLanguage, type Language, languageCookie } from '../../web/shell/text/language.ts';
import { isTheme, themeCookie } from '../../web/shell/theme.ts';
import type { KeptSource } from '../shared/answers/compressible.ts';
import { allowCompression, replyCompressible } from '../shared/answers/compression.ts';
import { weightsIn } from '../shared/answers/negotiation.ts';
import { keptHeaders, type Pages, reply, varyBy } from '../shared/exchange.ts';
import type { Assets } from './assets.ts';

/**
 * Creates the pages of this server.
 *
 * @param storageOrigin The origin that pages upload straight to, if it is not this server.
 */
export function createPages(assets: Assets, storageOrigin: string | undefined): Pages {
  const headers = pageHeaders(storageOrigin);
  const { vary = '', ...withoutVary } = headers;
  const kept = { headers: keptHeaders(withoutVary), pages: new Map<string, KeptSource & { html: string }>() };
  return {
    reply(exchange, kind, title, props, options = {}) {
      const theme = cookie(exchange.request, themeCookie);
      const reader = {
        language: languageOf(exchange.request),
        theme: isTheme(theme) ? theme : undefined,
        publicUrl: exchange.publicUrl,
        basePath: exchange.basePath,
      };
      const render = () =>
        renderPage({ kind, title, props, reader, assets: assets.of(kind, exchange.basePath) });
      if (options.isKept) {
        const key = [kind, reader.language, reader.theme].join(' ');
        const page = kept.pages.get(key) ?? { html: render() };
        kept.pages.set(key, page);
        varyBy(exchange, vary);
        return replyCompressible(exchange, kept.headers, page.html, page);
      }
      const html = render();
      if (!options.isSecret) allowCompression(exchange, html.length);
      return reply(exchange, options.status ?? 200, { ...headers, ...options.headers }, html);
    },
    messages: (exchange, messages) => {
      const found = messages[languageOf(exchange.request)] ?? messages.en;
      if (found === undefined) throw new Error('there are no messages in English');
      return found;
    },
  };
}

/** Pages load nothing from other origins, send no referrer and are never cached: the URLs of some hold a secret. */
function pageHeaders(storageOrigin: string | undefined): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    `connect-src 'self'${storageOrigin ? ` ${storageOrigin}` : ''}`,
    "worker-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex',
    vary: 'Accept, Accept-Language, Cookie',
  };
}

/**
 * The language that the reader chose, otherwise the best of `Accept-Language` (RFC 9110 §12.5.4), otherwise English.
 */
function languageOf(request: Request): Language {
  const chosen = cookie(request, languageCookie);
  if (isLanguage(chosen)) return chosen;
  const ranges = [...weightsIn(request.headers.get('accept-language') ?? '')]
    .map(([range, weight]) => ({ language: range.split('-')[0], weight }))
    .filter(({ language, weight }) => isLanguage(language) && weight > 0)
    .toSorted((one, other) => other.weight - one.weight);
  const best = ranges[0]?.language;
  return isLanguage(best) ? best : 'en';
}

/** The value of one of our cookies, which need no decoding. */
function cookie({ headers }: Request, name: string): string | undefined {
  const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
