import { useMessages, useReader } from '../../shell/reader.ts';
import { formatBytes } from '../../shell/text/format.ts';
import { accountMessages } from '../messages.ts';

type GaugeProps = {
  /** Bytes. */
  used: number;
  /** Bytes; null if there is no limit. */
  limit: number | null;
  objects: number;
};

const radius = 52;
const circumference = 2 * Math.PI * radius;

/** The used storage of an account, as a ring with the same text below. */
export function StorageGauge({ used, limit, objects }: GaugeProps) {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const share = limit === null ? undefined : limit === 0 ? 1 : Math.min(1, used / limit);
  const text =
    limit === null
      ? texts.storedNoLimit(formatBytes(used, language))
      : texts.storedOf(formatBytes(used, language), formatBytes(limit, language));
  const middle =
    share === undefined
      ? '∞'
      : new Intl.NumberFormat(language, {
          style: 'percent',
          maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0,
        }).format(share);
  return (
    <figure class="gauge">
      <svg viewBox="0 0 128 128" width="128" height="128" role="img" aria-label={`${texts.stored}: ${text}`}>
        <circle class="track" cx="64" cy="64" r={radius} />
        {share !== undefined && share > 0 && (
          <circle
            class={share > 0.9 ? 'fill nearly-full' : 'fill'}
            cx="64"
            cy="64"
            r={radius}
            // At least a visible sliver.
            stroke-dasharray={`${Math.max(share * circumference, 2)} ${circumference}`}
            transform="rotate(-90 64 64)"
          />
        )}
        <text x="64" y="64" text-anchor="middle" dominant-baseline="central">
          {middle}
        </text>
      </svg>
      <figcaption>
        <strong>{texts.stored}</strong>
        <span>{text}</span>
        <span>{texts.objects(objects)}</span>
      </figcaption>
    </figure>
  );
}
