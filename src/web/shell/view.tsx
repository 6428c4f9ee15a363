import type { ComponentChildren } from 'preact';
import { Layout } from './layout.tsx';
import { type Reader, ReaderContext } from './reader.ts';

/** The root of a page, which the server and the browser render in the same way. */
export function View(props: { reader: Reader; current: string; children: ComponentChildren }) {
  const { reader, current, children } = props;
  return (
    <ReaderContext.Provider value={reader}>
      <Layout current={current}>{children}</Layout>
    </ReaderContext.Provider>
  );
}
