import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { sourceRows } from '../../src/web/view/code/source-lines.ts';
import type { ViewProps } from '../../src/web/view/opening/payload.ts';
import { isServedWhole, servedPayload } from '../../src/web/view/opening/served-text.ts';

/** Whether the JSON leaves out the text, since the page contains all of it. */
function isLeftOut(text: string): boolean {
  const { isTextServed = false } = JSON.parse(JSON.stringify(servedPayload({ text } as ViewProps)));
  return isTextServed;
}

test('the JSON of a page leaves out the text exactly if the page contains all of it', () => {
  const lines = fc.tuple(fc.integer({ min: 59_998, max: 60_002 }), fc.boolean());
  fc.assert(
    fc.property(lines, ([count, endsWithBreak]) => {
      const text = Array.from({ length: count }, () => 'x').join('\n') + (endsWithBreak ? '\n' : '');
      expect([count, isLeftOut(text)]).toEqual([count, isServedWhole(sourceRows(text))]);
      expect(isLeftOut(text)).toBe(count <= 60_000);
    }),
    { numRuns: 20 },
  );
});
