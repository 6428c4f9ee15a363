import { useMessages } from '../../shell/reader.ts';
import { withMarks } from '../code/direction-controls.tsx';
import { viewMessages } from '../messages.ts';

/** A table whose first row is the header. */
export function TableView({ rows: [header = [], ...rows] }: { rows: string[][] }) {
  const texts = useMessages(viewMessages);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable elements must be reachable by keyboard
    <section class="table" tabIndex={0} aria-label={texts.rendered}>
      <table>
        <thead>
          <tr>
            {header.map((cell, at) => (
              <th key={at} scope="col">
                {withMarks(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column}>{withMarks(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
