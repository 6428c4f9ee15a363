import { useMessages } from '../shell/reader.ts';
import { Buckets } from './buckets/buckets.tsx';
import { Objects } from './buckets/objects.tsx';
import { Keys } from './keys/keys.tsx';
import { accountMessages } from './messages.ts';
import { Overview } from './overview/overview.tsx';
import { fragmentOf, useFragment } from './use-fragment.ts';
import { Deliveries } from './webhooks/deliveries.tsx';
import { Webhooks } from './webhooks/webhooks.tsx';

const sections = ['overview', 'buckets', 'keys', 'webhooks'] as const;

/** The sections of an account of the bucket API. */
export function StorageAccount() {
  const texts = useMessages(accountMessages);
  const [section = '', name, detail = ''] = useFragment(sections);
  return (
    <>
      <nav class="sections" aria-label={texts.sections}>
        {sections.map((each) => (
          <a key={each} href={fragmentOf(each)} aria-current={each === section ? 'page' : undefined}>
            {texts[each]}
          </a>
        ))}
      </nav>
      {section === 'overview' && <Overview />}
      {section === 'buckets' && (name ? <Objects bucket={name} prefix={detail} /> : <Buckets />)}
      {section === 'keys' && <Keys />}
      {section === 'webhooks' && (name ? <Deliveries webhookId={name} /> : <Webhooks />)}
    </>
  );
}
