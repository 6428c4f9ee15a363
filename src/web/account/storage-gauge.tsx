import { formatBytes } from '../shell/format.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { accountMessages } from './messages.ts';

type GaugeProps = {
  /** Bytes. */
  used: number;
  /** Bytes; null where there is no limit. */
  limit: number | null;
  objects: number;
};

const radius = 52;
const around = 2 * Math.PI * radius;

/** How much of its storage an account uses, as a ring that fills. What it shows is said below it. */
export function StorageGauge({ used, limit, objects }: GaugeProps) {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const share = limit === null ? undefined : limit === 0 ? 1 : Math.min(1, used / limit);
  const told =
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
      <svg viewBox="0 0 128 128" width="128" height="128" role="img" aria-label={`${texts.stored}: ${told}`}>
        <circle class="track" cx="64" cy="64" r={radius} />
        {share !== undefined && share > 0 && (
          <circle
            class={share > 0.9 ? 'fill nearly-full' : 'fill'}
            cx="64"
            cy="64"
            r={radius}
            // A sliver is seen too.
            stroke-dasharray={`${Math.max(share * around, 2)} ${around}`}
            transform="rotate(-90 64 64)"
          />
        )}
        <text x="64" y="64" text-anchor="middle" dominant-baseline="central">
          {middle}
        </text>
      </svg>
      <figcaption>
        <strong>{texts.stored}</strong>
        <span>{told}</span>
        <span>{texts.objects(objects)}</span>
      </figcaption>
    </figure>
  );
}
