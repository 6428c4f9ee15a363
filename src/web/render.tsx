import type { ComponentType } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { type PageKind, type PageProps, pages } from './pages.ts';
import type { Reader } from './shell/reader.ts';
import { View } from './shell/view.tsx';

/** The URLs of the files that a page loads. */
export type PageAssets = { script?: string; chunks: string[]; style?: string; icon?: string };

type RenderedPage<Kind extends PageKind> = {
  kind: Kind;
  title: string;
  props: PageProps[Kind];
  reader: Reader;
  assets: PageAssets;
};

/** Renders a whole HTML document, which is readable without its script. */
export function renderPage<Kind extends PageKind>(page: RenderedPage<Kind>): string {
  const { kind, title, props, reader, assets } = page;
  const { component, path, scriptProps } = pages[kind];
  const Page = component as ComponentType<PageProps[Kind]>;
  const data = { reader, current: path, props: scriptProps ?? props };
  const html = renderToString(
    <html lang={reader.language} data-theme={reader.theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Mayfly`}</title>
        {assets.style && <link rel="stylesheet" href={assets.style} />}
        {assets.icon && <link rel="icon" type="image/svg+xml" href={assets.icon} />}
        {assets.chunks.map((href) => (
          <link key={href} rel="modulepreload" href={href} />
        ))}
        {assets.script && <script type="module" src={assets.script} />}
      </head>
      <body>
        <div id="app">
          <View reader={reader} current={path}>
            <Page {...props} />
          </View>
        </div>
        {assets.script && (
          <script type="application/json" id="made-of" dangerouslySetInnerHTML={{ __html: asJson(data) }} />
        )}
      </body>
    </html>,
  );
  return `<!doctype html>\n${html}\n`;
}

/** JSON that can contain neither `</script>` nor the start of a comment. */
function asJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
