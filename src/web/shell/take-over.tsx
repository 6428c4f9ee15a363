import { type ComponentType, hydrate } from 'preact';
import type { Reader } from './reader.ts';
import { View } from './view.tsx';

/** Makes the page that the server sent come alive, with what the server made it of. */
export function takeOver<Props extends object>(Page: ComponentType<Props>): void {
  const root = document.getElementById('app');
  const made = document.getElementById('made-of')?.textContent;
  if (root === null || made === undefined || made === null) return;
  const { reader, current, props } = JSON.parse(made) as { reader: Reader; current: string; props: Props };
  hydrate(
    <View reader={reader} current={current}>
      <Page {...props} />
    </View>,
    root,
  );
}
