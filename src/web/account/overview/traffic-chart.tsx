import { useMessages, useReader } from '../../shell/reader.ts';
import { formatBytes } from '../../shell/text/format.ts';
import { accountMessages } from '../messages.ts';

type TrafficProps = {
  /** Such as `2026-11`. */
  period: string;
  requests: number;
  /** Bytes. */
  bytesIn: number;
  /** Bytes. */
  bytesOut: number;
};

/** The traffic of the current period, as two bars with the same scale. */
export function TrafficChart({ period, requests, bytesIn, bytesOut }: TrafficProps) {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const max = Math.max(bytesIn, bytesOut, 1);
  const bars = [
    { name: texts.bytesIn, bytes: bytesIn },
    { name: texts.bytesOut, bytes: bytesOut },
  ];
  return (
    <figure class="traffic">
      <figcaption>
        <strong>{texts.period(monthOf(period, language))}</strong>
        <span>
          {texts.requests}: {requests.toLocaleString(language)}
        </span>
      </figcaption>
      {bars.map(({ name, bytes }) => (
        <div class="bar" key={name}>
          <span>
            {name}: {formatBytes(bytes, language)}
          </span>
          <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" width="100" height="4" />
            <rect class="fill" width={bytes === 0 ? 0 : Math.max(0.5, (100 * bytes) / max)} height="4" />
          </svg>
        </div>
      ))}
    </figure>
  );
}

/** A month with its name; other texts stay unchanged. */
function monthOf(period: string, language: string): string {
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(period) ?? [];
  if (year === undefined || month === undefined) return period;
  const format = new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return format.format(Date.UTC(Number(year), Number(month) - 1));
}
