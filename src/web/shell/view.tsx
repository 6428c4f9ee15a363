import type { ComponentChildren } from 'preact';
import { Layout } from './layout.tsx';
import { type Reader, ReaderContext } from './reader.ts';

/** A page as both the server and the browser make it. */
export function View(props: { reader: Reader; current: string; children: ComponentChildren }) {
  const { reader, current, children } = props;
  return (
    <ReaderContext.Provider value={reader}>
      <Layout current={current}>{children}</Layout>
    </ReaderContext.Provider>
  );
}
