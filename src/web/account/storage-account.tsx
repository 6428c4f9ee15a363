import { useMessages } from '../shell/reader.ts';
import { Buckets } from './buckets.tsx';
import { Deliveries } from './deliveries.tsx';
import { Keys } from './keys.tsx';
import { accountMessages } from './messages.ts';
import { Objects } from './objects.tsx';
import { Overview } from './overview.tsx';
import { fragmentOf, useFragment } from './use-fragment.ts';
import { Webhooks } from './webhooks.tsx';

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
