import type { Bucket } from '../../../client/index.ts';
import { useMessages, useReader } from '../../shell/reader.ts';
import { formatBytes, formatSpan } from '../../shell/text/format.ts';
import { useAccount } from '../account-context.ts';
import { CreationForm } from '../listing/creation-form.tsx';
import { Entry } from '../listing/entry.tsx';
import { ListingView } from '../listing/listing-view.tsx';
import { useListing } from '../listing/use-listing.ts';
import { accountMessages } from '../messages.ts';
import { fragmentOf } from '../use-fragment.ts';

/** The buckets of the account, and a form that creates one. */
export function Buckets() {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const { client } = useAccount();
  const listing = useListing<Bucket>('buckets', (cursor, signal) => client.buckets.list({ cursor, signal }));
  const create = async (fields: FormData) => {
    const name = String(fields.get('name')).trim();
    await client.buckets.create(name, { public: fields.has('public') });
    listing.reload();
  };
  return (
    <>
      <h2>{texts.buckets}</h2>
      <ListingView listing={listing} label={texts.buckets}>
        {({ name, public: isPublic, objectCount, sizeBytes, defaultTtlSeconds }) => (
          <Entry
            key={name}
            title={<a href={fragmentOf('buckets', name)}>{name}</a>}
            facts={[
              isPublic ? texts.public : texts.private,
              texts.objects(objectCount),
              formatBytes(sizeBytes, language),
              defaultTtlSeconds !== null && texts.retention(formatSpan(defaultTtlSeconds, language)),
            ]}
          />
        )}
      </ListingView>
      <CreationForm heading={texts.newBucket} onCreate={create}>
        <label>
          {texts.bucketName}
          <input
            name="name"
            required
            minLength={3}
            maxLength={63}
            pattern="[a-z0-9][a-z0-9.\-]*[a-z0-9]"
            title={texts.bucketNameRule}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
          />
        </label>
        <label class="inline">
          <input type="checkbox" name="public" />
          {texts.isPublic}
        </label>
      </CreationForm>
    </>
  );
}
