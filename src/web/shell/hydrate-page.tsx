import { type ComponentType, hydrate } from 'preact';
import type { Reader } from './reader.ts';
import { View } from './view.tsx';

/** Hydrates the page that the server rendered, with the same properties. */
export function hydratePage<Props extends object>(Page: ComponentType<Props>): void {
  const root = document.getElementById('app');
  const json = document.getElementById('made-of')?.textContent;
  if (root === null || json === undefined || json === null) return;
  const { reader, current, props } = JSON.parse(json) as { reader: Reader; current: string; props: Props };
  hydrate(
    <View reader={reader} current={current}>
      <Page {...props} />
    </View>,
    root,
  );
}
